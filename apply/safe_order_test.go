package apply_test

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// runs is how many times each case of the safe order is gone through, and how many seeds the random tests take. The default keeps the
// tests short; try `go test ./apply -run 'SafeOrder|OldOrTheNew' -args -order.runs=50` after a change to the order.
var runs = flag.Uint64("order.runs", 1, "how many times the tests of the order under traffic run")

// backends are servers that answer with their own name.
type backends map[string]*httptest.Server

func newBackends(t *testing.T, names ...string) backends {
	t.Helper()
	all := backends{}
	for _, name := range names {
		all[name] = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, name) }))
		t.Cleanup(all[name].Close)
	}
	return all
}

// state reads one resource a line, as `routes/r {"uri": "/x"}`. The name of a backend after a dollar is its address, and
// that of a certificate after a number sign its text.
func (b backends) state(t *testing.T, text string, c certificates) gateway.State {
	t.Helper()
	text = c.fill(text)
	for name, server := range b {
		text = strings.ReplaceAll(text, "$"+name, server.Listener.Addr().String())
	}
	state := gateway.State{}
	for line := range strings.Lines(text) {
		name, body, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found {
			continue
		}
		key, err := gateway.ParseKey(name)
		if err != nil {
			t.Fatal(err)
		}
		var spec map[string]any
		if err := json.Unmarshal([]byte(body), &spec); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if key.Kind.HasLabels() {
			spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		}
		canonical, err := gateway.Canonical(spec)
		if err != nil {
			t.Fatal(err)
		}
		state[key] = gateway.Resource{Key: key, Spec: gateway.Seal(key, canonical.(map[string]any))}
	}
	return state
}

// probe is a request that traffic makes: "a.test/x", "key@a.test/x" with a key (and the password that is the same), "tls:a.test" for a handshake, and "tls:one@a.test" for one
// with a client certificate.
type probe string

// seen is what a probe met: the status, and of an answer from a backend which one it was and what plugins marked it with.
type seen struct{ status, backend, mark string }

func (w *world) ask(p probe) seen {
	w.underWay.RLock()
	defer w.underWay.RUnlock()
	rest, secure := strings.CutPrefix(string(p), "tls:")
	key, address, found := strings.Cut(rest, "@")
	if !found {
		key, address = "", key
	}
	if secure {
		return w.shake(address, key)
	}
	request := httptest.NewRequest(http.MethodGet, "http://"+address, nil)
	if key != "" {
		request.Header.Set("apikey", key)
		request.SetBasicAuth(key, key)
	}
	recorder := httptest.NewRecorder()
	w.gw.ProxyHandler().ServeHTTP(recorder, request)
	got := seen{status: fmt.Sprint(recorder.Code), mark: recorder.Header().Get("X-Mark")}
	if recorder.Code == http.StatusOK {
		got.backend = recorder.Body.String()
	}
	return got
}

// between reports whether what was seen is, part by part, what either of two others is. An answer that a gateway gave by itself says
// nothing about the backend, and a plugin does not mark it always.
func (s seen) between(old, next []seen) bool {
	has := func(part func(seen) string) bool {
		same := func(o seen) bool { return part(o) == part(s) }
		return slices.ContainsFunc(old, same) || slices.ContainsFunc(next, same)
	}
	return has(func(o seen) string { return o.status }) && has(func(o seen) string { return o.backend }) && has(func(o seen) string { return o.mark })
}

// journal collects what each probe met.
type journal struct {
	mu   sync.Mutex
	seen map[probe]map[seen]int
}

func (j *journal) note(p probe, s seen) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.seen[p] == nil {
		j.seen[p] = map[seen]int{}
	}
	j.seen[p][s]++
}

// watch makes every probe again and again until the context ends.
func (w *world) watch(ctx context.Context, probes []probe) (stop func() *journal) {
	var running sync.WaitGroup
	j := &journal{seen: map[probe]map[seen]int{}}
	for range 2 {
		running.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				p := probes[i%len(probes)]
				j.note(p, w.ask(p))
			}
		})
	}
	return func() *journal { running.Wait(); return j }
}

// settledNow returns all that the probes meet while nothing changes: traffic that is split meets more than one thing.
func (w *world) settledNow(probes []probe) map[probe][]seen {
	w.t.Helper()
	if err := w.gw.Quiesce(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	all := map[probe][]seen{}
	for range 12 {
		for _, p := range probes {
			if got := w.ask(p); !slices.Contains(all[p], got) {
				all[p] = append(all[p], got)
			}
		}
	}
	return all
}

// become applies a plan that leads to a state.
func (w *world) become(ctx context.Context, gw apply.Gateway, want gateway.State, reorder func(plan.Plan) plan.Plan) {
	w.t.Helper()
	all := 100
	p := reorder(plan.New(want, w.state, plan.Policy{Empty: true, Guard: plan.Guard{MaxDeletePercent: &all}, Inventory: w.state.Keys()}))
	if _, err := apply.Run(ctx, gw, p, apply.Options{}); err != nil {
		w.t.Fatalf("%v\n%s", err, planText(p))
	}
	w.state = maps.Clone(want)
}

func planText(p plan.Plan) string {
	var b strings.Builder
	p.Text(&b, "test", "group", nil)
	return b.String()
}

// misses goes from live to want under traffic and returns what was met that is neither the old nor the new.
func (w *world) misses(gw apply.Gateway, b backends, c orderCase, reorder func(plan.Plan) plan.Plan) []string {
	w.t.Helper()
	var probes []probe
	for _, name := range strings.Fields(c.probes) {
		probes = append(probes, probe(name))
	}
	w.become(w.t.Context(), w.settled(), b.state(w.t, c.live, w.certificates), asPlanned)
	old := w.settledNow(probes)
	ctx, cancel := context.WithCancel(w.t.Context())
	stop := w.watch(ctx, probes)
	w.become(w.t.Context(), gw, b.state(w.t, c.want, w.certificates), reorder)
	if c.closes != "" {
		b[c.closes].Close() // waits for the requests that are under way
		if err := w.gw.Quiesce(ctx); err != nil {
			w.t.Fatal(err)
		}
	}
	next := w.settledNow(probes)
	cancel()
	return misses(stop(), old, next)
}

func misses(j *journal, old, next map[probe][]seen) []string {
	var list []string
	for _, p := range slices.Sorted(maps.Keys(j.seen)) {
		for _, s := range slices.SortedFunc(maps.Keys(j.seen[p]), func(a, b seen) int {
			return cmp.Or(cmp.Compare(a.status, b.status), cmp.Compare(a.backend, b.backend), cmp.Compare(a.mark, b.mark))
		}) {
			if !s.between(old[p], next[p]) {
				list = append(list, fmt.Sprintf("%s met %v %d times: neither %v nor %v", p, s, j.seen[p][s], old[p], next[p]))
			}
		}
	}
	return list
}

// TestSafeOrder takes every row of the table of safe orders under traffic, on workers that lag each by itself and kind by kind: at
// every instant a request meets what it met before or what it will meet.
func TestSafeOrder(t *testing.T) {
	for _, c := range slices.Concat(orderCases, identityCases) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for seed := range *runs {
				b := newBackends(t, "A", "B", "C")
				w := newWorld(t, seed)
				if list := w.misses(w.settled(), b, c, asPlanned); len(list) > 0 {
					t.Fatalf("seed %d: %s\nthe plan was\n%s", seed, strings.Join(list, "\n"), c.plan(t, b))
				}
			}
		})
	}
}

func (c orderCase) plan(t *testing.T, b backends) string {
	live := b.state(t, c.live, nil)
	return planText(plan.New(b.state(t, c.want, nil), live, plan.Policy{Empty: true, Inventory: live.Keys()}))
}

// TestABrokenOrderIsSeen is the counter-proof, row by row: the same traffic sees it when the steps come in reverse and nobody waits.
func TestABrokenOrderIsSeen(t *testing.T) {
	for _, c := range slices.Concat(orderCases, identityCases) {
		if c.refused {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(30) { // the first one shows it nearly always
				b := newBackends(t, "A", "B", "C")
				w := newWorld(t, seed)
				if list := w.misses(forced{unsettled{w.client}}, b, c, c.broken()); len(list) > 0 {
					return
				}
			}
			t.Errorf("nothing was met but the old and the new though the order was broken: the traffic sees nothing\n%s", c.plan(t, newBackends(t, "A", "B", "C")))
		})
	}
}

func (c orderCase) broken() func(plan.Plan) plan.Plan {
	if c.breaks != nil {
		return c.breaks
	}
	return naive
}

// naive is what a tool does that takes the difference in the order of its listing: deletes first, then every resource at once, without the
// copies, bridges and first parts.
func naive(p plan.Plan) plan.Plan {
	last := map[gateway.Key]plan.Change{}
	temporary := func(k gateway.Key) bool { return strings.HasPrefix(k.ID, "sluice-") }
	for _, c := range p.Changes() {
		if !temporary(c.Key) {
			last[c.Key] = c
		}
	}
	var deletes, writes []plan.Change
	for _, key := range slices.SortedFunc(maps.Keys(last), gateway.Key.Compare) {
		if last[key].Op == plan.Delete {
			deletes = append(deletes, last[key])
		} else {
			writes = append(writes, last[key])
		}
	}
	return plan.Plan{Steps: []plan.Step{{Phase: plan.Expand, Changes: deletes}, {Phase: plan.Expand, Changes: writes}}}
}
