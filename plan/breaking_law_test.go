package plan_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// asked is one request of a small world.
type asked struct{ host, path, method, address, a, b string }

// world lists requests so that each host, path, method and condition that worldRoute can write takes some and leaves some.
func world() []asked {
	var all []asked
	// For every pattern there is one more that it alone takes, so that what is narrowed loses something.
	for _, host := range []string{"x.example", "y.example", "z.example", "other.test"} {
		for _, path := range []string{"/a", "/a/b", "/a/d", "/c", "/e"} {
			for _, method := range []string{"GET", "PUT", "TRACE"} {
				for _, address := range []string{"10.0.0.1", "10.1.0.1", "10.2.0.1", "192.0.2.1"} {
					for _, vars := range []string{"00", "01", "10", "11"} {
						all = append(all, asked{host, path, method, address, vars[:1], vars[1:]})
					}
				}
			}
		}
	}
	return all
}

// takenBy is a second, slow opinion on which requests a route takes.
func (q asked) takenBy(spec map[string]any) bool {
	oneOf := func(field string, fits func(want string) bool) bool {
		list, ok := spec[field].([]any)
		return !ok || slices.ContainsFunc(list, func(want any) bool { return fits(want.(string)) })
	}
	like := func(text string) func(string) bool {
		return func(want string) bool {
			prefix, open := strings.CutSuffix(want, "*")
			return text == want || open && strings.HasPrefix(text, prefix)
		}
	}
	for _, condition := range listOf(spec["vars"]) {
		c := condition.([]any)
		if c[0] == "arg_a" && q.a != c[2] || c[0] == "arg_b" && q.b != c[2] {
			return false
		}
	}
	host := func(want string) bool {
		return want == q.host || strings.HasPrefix(want, "*") && strings.HasSuffix(q.host, want[1:])
	}
	address := func(want string) bool {
		return want == q.address || want == "10.0.0.0/8" && strings.HasPrefix(q.address, "10.")
	}
	return oneOf("hosts", host) && oneOf("uris", like(q.path)) && oneOf("methods", func(want string) bool { return want == q.method }) &&
		oneOf("remote_addrs", address)
}

func listOf(v any) []any { list, _ := v.([]any); return list }

func (q asked) answered(state gateway.State) bool {
	for _, r := range state {
		if q.takenBy(r.Spec) {
			return true
		}
	}
	return false
}

func worldRoute(t *rapid.T, id string) gateway.Resource {
	spec := map[string]any{"labels": map[string]any{gateway.ManagedBy: "sluice"}}
	for _, field := range []struct {
		name   string
		need   int
		values []any
	}{
		{"hosts", 0, []any{"x.example", "y.example", "*.example"}}, {"uris", 1, []any{"/a", "/a/b", "/a/*", "/*", "/c"}},
		{"methods", 0, []any{"GET", "PUT"}}, {"remote_addrs", 0, []any{"10.0.0.1", "10.1.0.1", "10.0.0.0/8"}},
		{"vars", 0, []any{[]any{"arg_a", "==", "1"}, []any{"arg_b", "==", "1"}}},
	} {
		list := rapid.SliceOfNDistinct(rapid.IntRange(0, len(field.values)-1), field.need, 2, rapid.ID).Draw(t, field.name)
		var values []any
		for _, i := range list {
			values = append(values, field.values[i])
		}
		if len(values) > 0 && (field.need > 0 || rapid.Bool().Draw(t, "has "+field.name)) {
			spec[field.name] = values
		}
	}
	key := gateway.Key{Kind: gateway.Routes, ID: id}
	return gateway.Resource{Key: key, Spec: spec}
}

func worldState(t *rapid.T) gateway.State {
	state := gateway.State{}
	for i := range rapid.IntRange(0, 4).Draw(t, "routes") {
		r := worldRoute(t, fmt.Sprint(i))
		state[r.Key] = r
	}
	return state
}

// TestALostRequestIsBreaking holds that a plan is marked exactly when a request that was answered is not answered any more. Between
// two unrelated states only that no loss goes unseen can be asked: several routes may together answer what one did.
func TestALostRequestIsBreaking(t *testing.T) {
	requests := world()
	rapid.Check(t, func(t *rapid.T) {
		live, desired := worldState(t), worldState(t)
		marks := breaking(plan.New(desired, live, owning(live)))
		for _, q := range requests {
			if q.answered(live) && !q.answered(desired) && len(marks) == 0 {
				t.Fatalf("%+v is answered no more, and nothing is marked\nlive %v\ndesired %v", q, live, desired)
			}
		}
		if len(marks) > 0 && len(live) == 1 && len(desired) == 1 && !slices.ContainsFunc(requests, func(q asked) bool {
			return q.answered(live) && !q.answered(desired)
		}) {
			t.Fatalf("every request is answered as before, but marked: %v\nlive %v\ndesired %v", marks, live, desired)
		}
	})
}

// TestWideningIsNeverBreaking holds that what only lets more through is not marked, however it is done.
func TestWideningIsNeverBreaking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := worldState(t)
		desired := gateway.State{}
		for key, r := range live {
			r.Spec = maps.Clone(r.Spec)
			r.Spec["plugins"] = map[string]any{"limit-count": map[string]any{"count": int64(10), "time_window": int64(60)}, "key-auth": map[string]any{}}
			live[key] = r
			wide := r
			wide.Spec = maps.Clone(r.Spec)
			widen(t, wide.Spec)
			if rapid.Bool().Draw(t, "renamed") {
				wide.Key.ID = "new-" + wide.Key.ID
			}
			desired[wide.Key] = wide
		}
		if more := rapid.IntRange(0, 2).Draw(t, "more"); more > 0 {
			r := worldRoute(t, "more")
			desired[r.Key] = r
		}
		if marks := breaking(plan.New(desired, live, owning(live))); len(marks) > 0 {
			t.Fatalf("marked, though it only widens: %v\nlive %v\ndesired %v", marks, live, desired)
		}
	})
}

func widen(t *rapid.T, spec map[string]any) {
	switch rapid.IntRange(0, 7).Draw(t, "widen") {
	case 0:
		delete(spec, "hosts")
	case 1:
		spec["uris"] = append(slices.Clone(listOf(spec["uris"])), "/more/*")
	case 2:
		spec["uris"] = []any{"/*"}
	case 3:
		delete(spec, "methods")
	case 4:
		if vars := listOf(spec["vars"]); len(vars) > 0 {
			spec["vars"] = vars[1:]
		}
	case 5:
		delete(spec, "remote_addrs")
	case 6:
		spec["plugins"] = map[string]any{"limit-count": map[string]any{"count": int64(25), "time_window": int64(90)}, "key-auth": map[string]any{}}
	case 7:
		spec["plugins"] = map[string]any{}
	}
}

// TestTighteningIsBreaking holds that a tighter limit or a new authentication of a route that is in use is marked.
func TestTighteningIsBreaking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := worldRoute(t, "r")
		count, window := rapid.Int64Range(2, 100).Draw(t, "count"), rapid.Int64Range(1, 100).Draw(t, "window")
		r.Spec["plugins"] = map[string]any{"limit-count": map[string]any{"count": count, "time_window": window}}
		next := r
		next.Spec = maps.Clone(r.Spec)
		tight := map[string]any{"count": count, "time_window": window}
		switch rapid.IntRange(0, 2).Draw(t, "tighten") {
		case 0:
			tight["count"] = rapid.Int64Range(1, count-1).Draw(t, "fewer")
		case 1:
			tight["time_window"] = window + rapid.Int64Range(1, 100).Draw(t, "longer")
		}
		plugins := map[string]any{"limit-count": tight}
		if tight["count"] == count && tight["time_window"] == window {
			plugins["basic-auth"] = map[string]any{}
		}
		next.Spec["plugins"] = plugins
		live := gateway.State{r.Key: r}
		p := plan.New(gateway.State{r.Key: next}, live, owning(live))
		if p.Breaking() != 1 || !strings.HasSuffix(p.Summary(), ", 1 breaking") {
			t.Fatalf("%v → %v is not marked once: %s", r.Spec, next.Spec, p.Summary())
		}
	})
}

func TestBreakingIsDenied(t *testing.T) {
	live := stateOf(t, "routes/r: {uri: /r, methods: [GET, PUT]}")
	desired := stateOf(t, "routes/r: {uri: /r, methods: [GET]}")
	policy := owning(live)
	if p := plan.New(desired, live, policy); len(p.Refusals) > 0 {
		t.Errorf("refused, though breaking changes are not denied: %v", p.Refusals)
	}
	policy.DenyBreaking = true
	p := plan.New(desired, live, policy)
	if len(p.Refusals) != 1 || p.Refusals[0].Guard != "breaking" || !strings.Contains(p.Refusals[0].What, "routes/r no longer answers PUT /r") {
		t.Errorf("want the guard breaking with its reason, got %+v", p.Refusals)
	}
	if p := plan.New(live, desired, policy); len(p.Refusals) > 0 {
		t.Errorf("widening is refused: %v", p.Refusals)
	}
}
