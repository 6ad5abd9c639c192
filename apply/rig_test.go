package apply_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/plan"
)

// rig is an embedded gateway with our client, whose Admin API may be made to fail.
type rig struct {
	server *embedded.Gateway
	client *apisix.Gateway

	mu     sync.Mutex
	writes []string // "PUT routes/r" and "DELETE routes/r" that came in, in order
	fault  *fault
}

// fault is what happens to some calls in the place of what should.
type fault struct {
	call  string // as "PUT services/x"; empty is every call
	times int    // how often; 0 is always
	do    func(w http.ResponseWriter, req *http.Request, next http.Handler)
}

func newRig(t testing.TB, version string, change func(*apisix.Config)) *rig {
	t.Helper()
	r := &rig{}
	server, err := embedded.Start(embedded.Config{AdminKey: "key", ProxyAddr: "127.0.0.1:0", Version: version, Intercept: r.intercept})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	cfg := apisix.Config{
		AdminURL: server.AdminURL(), SettleTime: time.Millisecond, Timeout: 10 * time.Second,
		AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", "key"), nil },
	}
	if change != nil {
		change(&cfg)
	}
	r.server = server
	if r.client, err = apisix.New(cfg); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) intercept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		call := req.Method + " " + strings.TrimPrefix(req.URL.Path, "/apisix/admin/")
		r.mu.Lock()
		if req.Method == http.MethodPut || req.Method == http.MethodDelete {
			r.writes = append(r.writes, call)
		}
		fault := r.hits(call)
		r.mu.Unlock()
		if fault == nil {
			next.ServeHTTP(w, req)
			return
		}
		fault.do(w, req, next)
	})
}

// hits returns the fault that this call meets, nil for none. The caller holds mu.
func (r *rig) hits(call string) *fault {
	found := r.fault
	if found == nil || found.call != "" && found.call != call {
		return nil
	}
	if found.times == 1 {
		r.fault = nil
	} else if found.times > 1 {
		r.fault = &fault{found.call, found.times - 1, found.do}
	}
	return found
}

// fail sets what fails from now on; nil ends it.
func (r *rig) fail(f *fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = f
}

// written returns the writes since the last call, sorted.
func (r *rig) written() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	writes := r.writes
	r.writes = nil
	slices.Sort(writes)
	return writes
}

func (r *rig) live(t testing.TB, desired gateway.State) gateway.State {
	t.Helper()
	live, err := r.client.Live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defaults, err := r.client.Defaults(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return gateway.Align(desired, live, defaults)
}

func (r *rig) plan(t testing.TB, desired gateway.State) plan.Plan {
	t.Helper()
	return plan.New(desired, r.live(t, desired), plan.Policy{})
}

func (r *rig) converge(t testing.TB, desired gateway.State) (apply.Result, error) {
	t.Helper()
	return apply.Run(t.Context(), r.client, r.plan(t, desired), apply.Options{})
}

// fill brings the gateway to a state, which must go well.
func (r *rig) fill(t testing.TB, desired gateway.State) {
	t.Helper()
	if _, err := r.converge(t, desired); err != nil {
		t.Fatal(err)
	}
	if p := r.plan(t, desired); !p.Empty() {
		t.Fatalf("after an apply there is still to do: %s", p.Summary())
	}
	r.written()
}

// refusing refuses an object as the Admin API does.
func refusing(call string) *fault {
	return answering(call, 0, http.StatusBadRequest, `{"error_msg":"as the test wants it"}`)
}

// answering answers a call so many times.
func answering(call string, times, status int, body string) *fault {
	return &fault{call, times, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasPrefix(body, "<") {
			w.Header().Set("Content-Type", "text/html")
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}}
}

// cutting breaks the connection of a call once, before or after the gateway has carried it out.
func cutting(call string, after bool) *fault {
	return &fault{call, 1, func(_ http.ResponseWriter, req *http.Request, next http.Handler) {
		if after {
			next.ServeHTTP(httptest.NewRecorder(), req)
		}
		panic(http.ErrAbortHandler)
	}}
}

// owned makes a resource that Sluice owns.
func owned(key string, pairs ...any) gateway.Resource {
	r := res(key, pairs...)
	if r.Key.Kind.HasLabels() {
		r.Spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
	}
	r.Spec = gateway.Seal(r.Key, r.Spec)
	return r
}

func stateOf(resources ...gateway.Resource) gateway.State {
	state := gateway.State{}
	for _, r := range resources {
		state[r.Key] = r
	}
	return state
}

// subtree is an upstream, a service on it, and two routes on that.
func subtree(name string) []gateway.Resource {
	return []gateway.Resource{
		owned("upstreams/"+name, "nodes", map[string]any{"127.0.0.1:1": int64(1)}),
		owned("services/"+name, "upstream_id", name, "hosts", []any{name + ".example.com"}),
		owned("routes/"+name+"-a", "service_id", name, "uri", "/a"),
		owned("routes/"+name+"-b", "service_id", name, "uri", "/b"),
	}
}
