package apply_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/plan"
)

// settled is a gateway group whose barrier knows that every worker has taken every change, and waits for the requests that are under
// way: a worker of the real gateway looks at its configuration once for each of them.
type settled struct {
	*apisix.Gateway
	w *world
}

func (s settled) Settle(ctx context.Context, _ []gateway.Key) (bool, error) {
	err := s.w.gw.Quiesce(ctx)
	s.w.underWay.Lock()
	defer s.w.underWay.Unlock()
	return true, err
}

func (w *world) settled() settled { return settled{w.client, w} }

// unsettled has barriers that wait for nobody.
type unsettled struct{ *apisix.Gateway }

func (unsettled) Settle(context.Context, []gateway.Key) (bool, error) { return false, nil }

// target is one host and path that traffic asks for.
type target struct{ host, uri string }

// world is an embedded gateway with workers that lag, each kind on its own, and the states that it is taken through.
type world struct {
	t       *testing.T
	rand    *rand.Rand
	gw      *embedded.Gateway
	client  *apisix.Gateway
	backend string
	state   gateway.State

	underWay     sync.RWMutex // held for reading by each request
	certificates certificates
	dialer       *net.Dialer
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
	t.Cleanup(backend.Close)
	gw, err := embedded.Start(embedded.Config{
		AdminKey: "key", ProxyAddr: "127.0.0.1:0", TLSAddr: "127.0.0.1:0", Workers: 3,
		Lag: func(int, gateway.Kind) time.Duration { return rand.N(20 * time.Millisecond) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { gw.Close() })
	client, err := apisix.New(apisix.Config{
		AdminURL: gw.AdminURL(), Retries: -1, AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", "key"), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return &world{
		t: t, rand: rand.New(rand.NewPCG(seed, seed)), gw: gw, client: client,
		backend: backend.Listener.Addr().String(), state: gateway.State{},
		certificates: newCertificates(t, "one", "two"), dialer: &net.Dialer{Timeout: 10 * time.Second},
	}
}

func (w *world) pick(prefix string, n int) string { return fmt.Sprint(prefix, w.rand.IntN(n)) }

// drawProtected makes a state in which every target asks for a key, each time by another resource: the service, the plugin config,
// the route, a global rule, or several of them, and by one kind of authentication or another.
func (w *world) drawProtected(targets []target) gateway.State {
	state := gateway.State{}
	put := func(kind gateway.Kind, id string, protected bool, spec map[string]any) {
		if protected {
			spec["plugins"] = map[string]any{[]string{"key-auth", "basic-auth"}[w.rand.IntN(2)]: map[string]any{}}
		} else if kind == gateway.PluginConfigs || kind == gateway.GlobalRules {
			spec["plugins"] = map[string]any{"request-id": map[string]any{}}
		}
		if kind.HasLabels() {
			spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		}
		state[gateway.Key{Kind: kind, ID: id}] = gateway.Resource{Key: gateway.Key{Kind: kind, ID: id}, Spec: spec}
	}
	places := 1 + w.rand.IntN(15) // a bit for each place; at least one
	put(gateway.Upstreams, "u", false, map[string]any{"nodes": map[string]any{w.backend: int64(1)}})
	put(gateway.PluginConfigs, "p", places&1 != 0, map[string]any{})
	put(gateway.Services, "s", places&2 != 0, map[string]any{"upstream_id": "u"})
	if places&4 != 0 {
		put(gateway.GlobalRules, "g", true, map[string]any{})
	}
	ids := w.rand.Perm(len(targets) + 2) // routes keep their ids, and swap their paths
	for i, target := range targets {
		route := map[string]any{"uri": target.uri, "hosts": []any{target.host}, "service_id": "s"}
		withConfig := places&1 != 0 || w.rand.IntN(2) == 0
		if withConfig {
			route["plugin_config_id"] = "p"
		}
		put(gateway.Routes, fmt.Sprint("r", ids[i]), places == 8 || places&8 != 0 && w.rand.IntN(2) == 0, route)
	}
	return state
}

// draw makes a state that answers every target, each time by other routes on other services on other upstreams: ids are
// renamed, hosts move between services and routes, paths are swapped.
func (w *world) draw(targets []target) gateway.State {
	state := gateway.State{}
	put := func(kind gateway.Kind, id string, spec map[string]any) {
		spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		state[gateway.Key{Kind: kind, ID: id}] = gateway.Resource{Key: gateway.Key{Kind: kind, ID: id}, Spec: spec}
	}
	free := w.rand.Perm(8)
	for i, target := range targets {
		upstream, service, route := w.pick("u", 4), fmt.Sprint("s", free[i]), fmt.Sprint("r", free[(i+w.rand.IntN(2)*3)%8], "-", i%2)
		put(gateway.Upstreams, upstream, map[string]any{"nodes": map[string]any{w.backend: int64(1)}})
		spec := map[string]any{"uri": target.uri}
		switch w.rand.IntN(4) {
		case 0: // the host is the service's
			put(gateway.Services, service, map[string]any{"upstream_id": upstream, "hosts": []any{target.host}})
			spec["service_id"] = service
		case 1: // the host is the route's
			put(gateway.Services, service, map[string]any{"upstream_id": upstream})
			spec["service_id"], spec["hosts"] = service, []any{target.host}
		case 2: // the service has no upstream of its own
			put(gateway.Services, service, map[string]any{"hosts": []any{target.host}})
			spec["service_id"], spec["upstream_id"] = service, upstream
		default: // there is no service
			spec["upstream_id"], spec["hosts"] = upstream, []any{target.host}
		}
		put(gateway.Routes, route, spec)
	}
	return state
}

// answersAll reports whether the state has a route for every target, as routes that drew the same id replace each other.
func answersAll(state gateway.State, targets []target) bool {
	n := 0
	for key := range state {
		if key.Kind == gateway.Routes {
			n++
		}
	}
	return n == len(targets)
}

// traffic asks for every target all the while and counts the answers that are other than they should be.
func (w *world) traffic(ctx context.Context, targets []target, status int) (failed func() []string) {
	var (
		mu       sync.Mutex
		failures []string
		running  sync.WaitGroup
	)
	for range 2 {
		running.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				target := targets[i%len(targets)]
				recorder := httptest.NewRecorder()
				request := httptest.NewRequest(http.MethodGet, "http://"+target.host+target.uri, nil)
				w.underWay.RLock()
				w.gw.ProxyHandler().ServeHTTP(recorder, request)
				w.underWay.RUnlock()
				if recorder.Code != status {
					mu.Lock()
					failures = append(failures, fmt.Sprint(target, ": ", recorder.Code))
					mu.Unlock()
				}
			}
		})
	}
	return func() []string { running.Wait(); return failures }
}

var targets = []target{{"a.test", "/x"}, {"a.test", "/y"}, {"b.test", "/x"}, {"c.test", "/z"}}

// run takes the gateway through a number of states under traffic and returns the requests that failed.
func (w *world) run(gw apply.Gateway, states int, kind sequence) []string {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	defer stop()
	var failed func() []string
	for range states {
		want := kind.draw(w, targets)
		for !answersAll(want, targets) {
			want = kind.draw(w, targets)
		}
		p := kind.reorder(plan.New(want, w.state, plan.Policy{Guard: plan.Guard{MaxDeletePercent: new(100)}, Inventory: w.state.Keys()}))
		if _, err := apply.Run(ctx, gw, p, apply.Options{}); err != nil && failed == nil {
			w.t.Fatal(err)
		}
		w.state = maps.Clone(want)
		if failed == nil {
			if err := w.gw.Quiesce(ctx); err != nil {
				w.t.Fatal(err)
			}
			failed = w.traffic(ctx, targets, kind.status)
		}
	}
	stop()
	return failed()
}

// sequence is what a world goes through, and what every answer must be.
type sequence struct {
	draw    func(*world, []target) gateway.State
	reorder func(plan.Plan) plan.Plan
	status  int
}

func asPlanned(p plan.Plan) plan.Plan { return p }

func reversed(p plan.Plan) plan.Plan {
	steps := slices.Clone(p.Steps)
	slices.Reverse(steps)
	return plan.Plan{Steps: steps}
}

// throughout takes gateways with lagging workers through random states under continuous traffic; no answer may be another one.
func throughout(t *testing.T, kind sequence) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed)
			if failures := w.run(w.settled(), 12, kind); len(failures) > 0 {
				t.Errorf("%d requests failed, the first: %v", len(failures), failures[:min(5, len(failures))])
			}
			live, err := w.client.Live(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			policy := plan.Policy{Inventory: w.state.Keys()}
			if p := plan.New(w.state, gateway.Align(w.state, live, nil), policy); !p.Empty() {
				t.Errorf("in the end there is still something to do: %s", p.Summary())
			}
		})
	}
}

// TestNoRequestIsDroppedOnTheWay moves hosts, paths, services and upstreams: every answer is 200.
func TestNoRequestIsDroppedOnTheWay(t *testing.T) {
	throughout(t, sequence{(*world).draw, asPlanned, http.StatusOK})
}

// TestProtectionIsNeverOpenOnTheWay moves authentication between resources: every answer without a key is 401.
func TestProtectionIsNeverOpenOnTheWay(t *testing.T) {
	throughout(t, sequence{(*world).drawProtected, asPlanned, http.StatusUnauthorized})
}

// TestAWrongOrderIsSeen is the counter-proof: the same traffic fails when the order is broken on purpose.
func TestAWrongOrderIsSeen(t *testing.T) {
	for name, kind := range map[string]sequence{
		"traffic":    {(*world).draw, reversed, http.StatusOK},
		"protection": {(*world).drawProtected, reversed, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(20) { // the first one shows it nearly always
				w := newWorld(t, seed)
				if failures := w.run(forced{unsettled{w.client}}, 5, kind); len(failures) > 0 {
					return
				}
			}
			t.Error("no request failed though everything was done in reverse: the traffic sees nothing")
		})
	}
}

// forced goes on where the gateway refuses, as an operator with force=true would.
type forced struct{ unsettled }

func (f forced) Put(ctx context.Context, r gateway.Resource) error {
	_ = f.unsettled.Put(ctx, r)
	return nil
}

func (f forced) Delete(ctx context.Context, k gateway.Key) error {
	_ = f.unsettled.Delete(ctx, k)
	return nil
}
