package canary_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/plan"
)

// world is an embedded gateway whose workers lag, each kind on its own, and two backends that answer with their name.
type world struct {
	t        *testing.T
	gw       *embedded.Gateway
	client   *apisix.Gateway
	replace  *strings.Replacer // $old and $new are the addresses of the backends
	underWay sync.RWMutex      // held for reading by each request
}

func newWorld(t *testing.T) *world {
	t.Helper()
	gw, err := embedded.Start(embedded.Config{
		AdminKey: "key", Workers: 3, Lag: func(int, gateway.Kind) time.Duration { return rand.N(4 * time.Millisecond) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { gw.Close() })
	client, err := apisix.New(apisix.Config{
		AdminURL: gw.AdminURL(), AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", "key"), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	address := func(name string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, name) }))
		t.Cleanup(server.Close)
		return server.Listener.Addr().String()
	}
	return &world{t: t, gw: gw, client: client, replace: strings.NewReplacer("$old", address("old"), "$new", address("new"))}
}

// settled is a gateway whose barriers wait for every worker, and for the requests that are under way.
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

func (w *world) live(want gateway.State) gateway.State {
	w.t.Helper()
	live, err := w.client.Live(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	defaults, err := w.client.Defaults(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return gateway.Align(want, live, defaults)
}

// become brings the gateway to a state by an ordinary plan, and looks that nothing is left to do.
func (w *world) become(want gateway.State) {
	w.t.Helper()
	p := plan.New(want, w.live(want), plan.Policy{})
	if len(p.Refusals) > 0 {
		w.t.Fatalf("guard %s: %s", p.Refusals[0].Guard, p.Refusals[0].What)
	}
	if _, err := apply.Run(w.t.Context(), settled{w.client, w}, p, apply.Options{}); err != nil {
		w.t.Fatal(err)
	}
	if again := plan.New(want, w.live(want), plan.Policy{}); !again.Empty() {
		w.t.Fatalf("there is still to do: %s", again.Summary())
	}
}

// ask makes a request and returns what answered: the name of a backend, or a status.
func (w *world) ask(path string) string {
	w.underWay.RLock()
	defer w.underWay.RUnlock()
	recorder := httptest.NewRecorder()
	w.gw.ProxyHandler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "http://h.test"+path, nil))
	if recorder.Code != http.StatusOK {
		return fmt.Sprint(recorder.Code)
	}
	return recorder.Body.String()
}

// watch asks for the paths all the while, until stop is called, and fails the test for every answer that no backend gave.
func (w *world) watch(paths []string) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			path := paths[i%len(paths)]
			if answer := w.ask(path); answer != "old" && answer != "new" {
				w.t.Errorf("%s: %s", path, answer)
			}
		}
	})
	return func() { cancel(); running.Wait() }
}

// measure asks for each path 100 times while nothing changes, and holds the share of the new backend to what it shall be, within one in
// a hundred.
func (w *world) measure(when string, paths []string, share int) {
	w.t.Helper()
	for _, path := range paths {
		fresh := 0
		for range 100 {
			if w.ask(path) == "new" {
				fresh++
			}
		}
		if fresh < share-1 || fresh > share+1 {
			w.t.Errorf("%s: %d %% of the requests to %s go to the new upstream, want %d %%", when, fresh, path, share)
		}
	}
}

// canaryCases are two states each, the paths whose requests go in steps, and those whose requests stay where they are.
var canaryCases = []struct{ name, old, next, paths, steady string }{
	{
		name: "the service names another upstream",
		old: `upstreams/a {"nodes": {"$old": 1}}
			services/s {"upstream_id": "a"}
			routes/x {"service_id": "s", "uri": "/x"}
			routes/y {"service_id": "s", "uri": "/y"}`,
		next: `upstreams/b {"nodes": {"$new": 1}}
			services/s {"upstream_id": "b"}
			routes/x {"service_id": "s", "uri": "/x"}
			routes/y {"service_id": "s", "uri": "/y"}`,
		paths: "/x /y",
	},
	{
		name: "the upstream changes in place, while a route beside it comes",
		old: `upstreams/u {"nodes": {"$old": 1}}
			services/s {"upstream_id": "u", "plugins": {"cors": {}}}
			routes/x {"service_id": "s", "uri": "/x"}`,
		next: `upstreams/u {"nodes": {"$new": 1}}
			services/s {"upstream_id": "u", "plugins": {"cors": {}}}
			routes/x {"service_id": "s", "uri": "/x"}
			routes/z {"upstream_id": "u2", "uri": "/z"}
			upstreams/u2 {"nodes": {"$new": 1}}`,
		paths: "/x",
	},
	{
		name: "an inline upstream, while a route of the service comes and another goes",
		old: `services/s {"upstream": {"nodes": {"$old": 1}}}
			routes/x {"service_id": "s", "uri": "/x"}
			routes/gone {"service_id": "s", "uri": "/gone"}`,
		next: `services/s {"upstream": {"nodes": {"$new": 1}}}
			routes/x {"service_id": "s", "uri": "/x"}
			routes/comes {"service_id": "s", "uri": "/comes"}`,
		paths: "/x",
	},
	{
		name: "another route on the service has its own upstream",
		old: `upstreams/u {"nodes": {"$old": 1}}
			services/s {"upstream_id": "u"}
			routes/x {"service_id": "s", "uri": "/x"}
			routes/y {"service_id": "s", "uri": "/y"}
			routes/own {"service_id": "s", "uri": "/own", "upstream": {"nodes": {"$old": 1}}}`,
		next: `upstreams/u {"nodes": {"$new": 1}}
			services/s {"upstream_id": "u"}
			routes/x {"service_id": "s", "uri": "/x"}
			routes/y {"service_id": "s", "uri": "/y"}
			routes/own {"service_id": "s", "uri": "/own", "upstream": {"nodes": {"$old": 1}}}`,
		paths: "/x /y", steady: "/own",
	},
}

// growing are the steps of the cases.
var growing = []int{5, 25, 50}

func find(t *testing.T, old, next gateway.State) canary.Course {
	t.Helper()
	course, faults := canary.Find(old, next, []canary.Rule{{Service: "s", Steps: growing}}, canary.ByThemselves)
	if course.Empty() || len(faults) > 0 {
		t.Fatalf("no course: %v", faults)
	}
	return course
}

// TestShareOfTheTraffic takes a gateway to the new upstream in steps, under traffic: no request fails, every step sends the share that it
// says, and what stood on the way has gone in the end. At each step the course is found anew, as after a restart.
func TestShareOfTheTraffic(t *testing.T) {
	for _, test := range canaryCases {
		t.Run(test.name, func(t *testing.T) {
			w, paths, steady := newWorld(t), strings.Fields(test.paths), strings.Fields(test.steady)
			old, next := state(t, w.replace.Replace(test.old)), state(t, w.replace.Replace(test.next))
			w.become(old)
			w.measure("before", paths, 0)
			for step := 1; step <= len(growing)+1; step++ {
				course := find(t, old, next)
				w.under(paths, course.At(step))
				w.measure(fmt.Sprint("step ", step), paths, course.Share("s", step))
				w.measure(fmt.Sprint("step ", step), steady, 0)
				if at, ok := course.InForce(w.live(next)); at != step || !ok {
					t.Errorf("at step %d live tells step %d, %v", step, at, ok)
				}
			}
			w.under(paths, next)
			w.measure("in the end", paths, 100)
			w.holdsNothingTemporary(next)
		})
	}
}

// TestAbort turns back under traffic, each case after another step, the landing among them: no request fails, none goes to the new upstream
// once its share is zero, and what stood on the way has gone in the end.
func TestAbort(t *testing.T) {
	for i, test := range canaryCases {
		t.Run(test.name, func(t *testing.T) {
			w, paths, steady := newWorld(t), strings.Fields(test.paths), strings.Fields(test.steady)
			old, next := state(t, w.replace.Replace(test.old)), state(t, w.replace.Replace(test.next))
			course := find(t, old, next)
			w.become(old)
			w.under(paths, course.At(i+1))
			w.measure("before it turns back", steady, 0)
			w.under(paths, course.At(0))
			w.measure("back", paths, 0)
			w.under(paths, old)
			w.measure("after the abort", paths, 0)
			w.holdsNothingTemporary(old)
		})
	}
}

// under brings the gateway to a state under traffic.
func (w *world) under(paths []string, want gateway.State) {
	w.t.Helper()
	defer w.watch(paths)()
	w.become(want)
}

func (w *world) holdsNothingTemporary(want gateway.State) {
	w.t.Helper()
	for key := range w.live(want) {
		if key.Temporary() {
			w.t.Errorf("%s was left", key)
		}
	}
}
