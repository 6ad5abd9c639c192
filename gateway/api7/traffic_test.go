package api7_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// driven is a control plane whose data plane is the embedded gateway, with workers that lag: after every write what the control plane
// has is carried over, in the order of dependency.
type driven struct {
	t     *testing.T
	plane *embedded.Gateway
	admin *apisix.Gateway
	own   *api7.Gateway // reads the control plane past the driving

	mu    sync.Mutex
	taken gateway.State
}

func (d *driven) intercept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || d.own == nil {
			next.ServeHTTP(w, r)
			return
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		next.ServeHTTP(w, r)
		if err := d.carry(context.WithoutCancel(r.Context())); err != nil {
			d.t.Error(err)
		}
	})
}

// carry brings the data plane to what the control plane has.
func (d *driven) carry(ctx context.Context) error {
	live, err := d.own.Live(ctx)
	if err != nil {
		return err
	}
	next := translated(live)
	for _, key := range next.Keys() {
		if before, ok := d.taken[key]; !ok || !gateway.Equal(before.Spec, next[key].Spec) {
			if err := d.admin.Put(ctx, next[key]); err != nil {
				return err
			}
		}
	}
	for _, key := range slices.Backward(d.taken.Keys()) {
		if _, kept := next[key]; !kept {
			if err := d.admin.Delete(ctx, key); err != nil {
				return err
			}
		}
	}
	d.taken = next
	return nil
}

// translated is what the data planes of an API7 gateway group get to see: resources of APISIX.
func translated(live gateway.State) gateway.State {
	state := gateway.State{}
	for key, r := range live {
		r.Spec = maps.Clone(r.Spec)
		if key.Kind == gateway.Routes && r.Spec["uris"] != nil {
			r.Spec["uris"] = prefixed(live, r)
		}
		if key.Kind == gateway.Routes && strings.HasPrefix(key.ID, "sluice-bridge-") {
			service := gateway.Key{Kind: gateway.Services, ID: key.ID}
			state[service] = gateway.Resource{Key: service, Spec: map[string]any{"hosts": r.Spec["hosts"], "upstream": r.Spec["upstream"]}}
			for _, field := range []string{"hosts", "upstream", "path_prefix", "strip_path_prefix"} {
				delete(r.Spec, field)
			}
			if r.Spec["uris"] == nil { // the route isn't there yet, or no longer
				continue
			}
			r.Spec["service_id"] = key.ID
		}
		upstreams, _ := r.Spec["upstreams"].(map[string]any)
		for id, upstream := range upstreams {
			key := gateway.Key{Kind: gateway.Upstreams, ID: id}
			state[key] = gateway.Resource{Key: key, Spec: upstream.(map[string]any)}
		}
		for _, field := range []string{"upstreams", "type", "path_prefix", "strip_path_prefix"} {
			if key.Kind == gateway.Services {
				delete(r.Spec, field)
			}
		}
		state[key] = r
	}
	return state
}

// prefixed returns the paths of a route behind the prefix of its service, which a bridge has in itself.
func prefixed(live gateway.State, route gateway.Resource) []any {
	prefix, bridge := route.Spec["path_prefix"].(string)
	if !bridge {
		service, _ := route.Spec["service_id"].(string)
		prefix, _ = live[gateway.Key{Kind: gateway.Services, ID: service}].Spec["path_prefix"].(string)
	}
	var uris []any
	for _, uri := range route.Spec["uris"].([]any) {
		uris = append(uris, prefix+uri.(string))
	}
	return uris
}

// settled is a gateway whose barrier knows that every worker has taken every change.
type settled struct {
	*api7.Gateway
	plane *embedded.Gateway
}

func (s settled) Settle(ctx context.Context, changed []gateway.Key) (bool, error) {
	if err := s.plane.Quiesce(ctx); err != nil {
		return false, err
	}
	return s.Gateway.Settle(ctx, changed)
}

func drive(t *testing.T, lag time.Duration) (*driven, *api7.Gateway) {
	t.Helper()
	plane, err := embedded.Start(embedded.Config{AdminKey: "key", Workers: 3, Version: "3.13.0",
		Lag: func(int, gateway.Kind) time.Duration { return rand.N(lag) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Close(); err != nil {
			t.Error(err)
		}
	})
	admin, err := apisix.New(apisix.Config{AdminURL: plane.AdminURL(), AdminKey: token("key")})
	if err != nil {
		t.Fatal(err)
	}
	d := &driven{t: t, plane: plane, admin: admin}
	var direct http.Handler
	server := start(t, api7test.Config{Intercept: func(next http.Handler) http.Handler {
		direct = next
		return d.intercept(next)
	}})
	d.own = client(t, server, func(c *api7.Config) { c.Transport = inMemory{direct} })
	return d, client(t, server, func(c *api7.Config) {
		c.Transport, c.SettleTime = inMemory{server.Handler()}, 4*lag // longer than any worker lags
	})
}

// generations are states that answer the same requests, each by resources of other names, hosts and upstreams.
func generations(node string) []string {
	upstream := `{"nodes": [` + node + `]}`
	split := `"plugins": {"traffic-split": {"rules": [{"weighted_upstreams": [{"upstream_id": "%s", "weight": 1}, {"weight": 1}]}]}}`
	return []string{
		`{"services/s": {"hosts": ["a.test", "b.test"], "path_prefix": "/shop", "upstream": ` + upstream + `}, "routes/r": {"service_id": "s", "uri": "/x"}}`,
		// everything renamed
		`{"services/t": {"hosts": ["a.test", "b.test"], "path_prefix": "/shop", "upstream": ` + upstream + `}, "routes/q": {"service_id": "t", "uri": "/x"}}`,
		// one host leaves for a service of its own, with a canary
		`{"services/t": {"hosts": ["a.test"], "path_prefix": "/shop", "upstream": ` + upstream + `}, "routes/q": {"service_id": "t", "uri": "/x"},
			"services/u": {"hosts": ["b.test"], "path_prefix": "/shop", "upstream": ` + upstream + `, "upstreams": {"canary": ` + upstream + `}},
			"routes/p": {"service_id": "u", "uri": "/x", ` + fmt.Sprintf(split, "canary") + `}}`,
		// the hosts are swapped, and the canary is another one
		`{"services/t": {"hosts": ["b.test"], "path_prefix": "/shop", "upstream": ` + upstream + `}, "routes/q": {"service_id": "t", "uri": "/x"},
			"services/u": {"hosts": ["a.test"], "path_prefix": "/shop", "upstream": ` + upstream + `, "upstreams": {"second": ` + upstream + `}},
			"routes/p": {"service_id": "u", "uri": "/x", ` + fmt.Sprintf(split, "second") + `}}`,
		// the route moves, and the canary goes
		`{"services/t": {"hosts": ["b.test", "a.test"], "path_prefix": "/shop", "upstream": ` + upstream + `}, "routes/p": {"service_id": "t", "uri": "/x"}}`,
	}
}

// traffic asks for both hosts all the while, and returns what was answered otherwise than with 200.
func traffic(ctx context.Context, plane *embedded.Gateway) (failed func() []string) {
	var mu sync.Mutex
	var failures []string
	var running sync.WaitGroup
	for _, host := range []string{"a.test", "b.test"} {
		running.Go(func() {
			for ctx.Err() == nil {
				recorder := httptest.NewRecorder()
				plane.ProxyHandler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "http://"+host+"/shop/x", nil))
				if recorder.Code != http.StatusOK {
					mu.Lock()
					failures = append(failures, fmt.Sprint(host, ": ", recorder.Code))
					mu.Unlock()
				}
			}
		})
	}
	return func() []string { running.Wait(); return failures }
}

// through takes a group through all generations under traffic, and returns the requests that failed.
func through(t *testing.T, lag time.Duration, wrap func(*driven, *api7.Gateway) apply.Gateway) []string {
	backend := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(backend.Close)
	node := fmt.Sprintf(`{"host": "127.0.0.1", "port": %s, "weight": 1}`, backend.URL[len("http://127.0.0.1:"):])
	d, g := drive(t, lag)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var failed func() []string
	for _, text := range generations(node) {
		p := difference(t, t, g, state(t, text))
		if _, err := apply.Run(ctx, wrap(d, g), p, apply.Options{}); err != nil {
			t.Fatalf("%v\n%s", err, changes(p))
		}
		if failed == nil {
			if err := d.plane.Quiesce(ctx); err != nil {
				t.Fatal(err)
			}
			failed = traffic(ctx, d.plane)
		}
	}
	stop()
	return failed()
}

// TestNoRequestIsDropped renames services and routes, moves routes, hosts and extra upstreams under traffic: every answer is 200.
func TestNoRequestIsDropped(t *testing.T) {
	failures := through(t, 10*time.Millisecond, func(d *driven, g *api7.Gateway) apply.Gateway { return settled{g, d.plane} })
	if len(failures) > 0 {
		t.Errorf("%d requests failed, the first: %v", len(failures), failures[:min(5, len(failures))])
	}
}

// hasty has barriers that wait for nobody.
type hasty struct{ *api7.Gateway }

func (hasty) Settle(context.Context, []gateway.Key) (bool, error) { return false, nil }

// TestHasteIsSeen is the counter-proof: without barriers the same traffic fails.
func TestHasteIsSeen(t *testing.T) {
	for range 10 { // the first one shows it nearly always
		if len(through(t, 100*time.Millisecond, func(_ *driven, g *api7.Gateway) apply.Gateway { return hasty{g} })) > 0 {
			return
		}
	}
	t.Error("no request failed without barriers: the traffic sees nothing")
}
