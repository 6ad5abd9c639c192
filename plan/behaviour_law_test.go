package plan

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
)

// drawMixed makes a state in which definitions change in place, are shared, joined and left: upstreams, services and
// plugin configs with plugins, routes on any of them.
func drawMixed(t *rapid.T) gateway.State {
	state := gateway.State{}
	put := func(kind gateway.Kind, id string, spec map[string]any) {
		spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		state[gateway.Key{Kind: kind, ID: id}] = gateway.Resource{Key: gateway.Key{Kind: kind, ID: id}, Spec: spec}
	}
	some := func(n int) string { return fmt.Sprint(rapid.IntRange(0, n-1).Draw(t, "one of")) }
	chance := func(what string) bool { return rapid.Bool().Draw(t, what) }
	for i := range 3 {
		put(gateway.Upstreams, fmt.Sprint("u", i), map[string]any{"key": some(3)})
	}
	for i := range 2 {
		put(gateway.PluginConfigs, fmt.Sprint("p", i), map[string]any{"plugins": drawPlugins(t)})
		spec := map[string]any{"upstream_id": "u" + some(3)}
		if chance("plugins on the service") {
			spec["plugins"] = drawPlugins(t)
		}
		if chance("hosts on the service") {
			spec["hosts"] = []any{rapid.SampledFrom([]string{"a.test", "b.test"}).Draw(t, "host")}
		}
		put(gateway.Services, fmt.Sprint("s", i), spec)
	}
	for i := range 4 {
		if !chance("route") {
			continue
		}
		spec := map[string]any{"uri": rapid.SampledFrom([]string{"/x", "/y", "/*"}).Draw(t, "uri"), "priority": int64(i)}
		if chance("on a service") {
			spec["service_id"] = "s" + some(2)
		} else {
			spec["upstream_id"] = "u" + some(3)
		}
		if chance("on a plugin config") {
			spec["plugin_config_id"] = "p" + some(2)
		}
		if chance("plugins on the route") {
			spec["plugins"] = drawPlugins(t)
		}
		put(gateway.Routes, fmt.Sprint("r", i), spec)
	}
	return state
}

func drawPlugins(t *rapid.T) map[string]any {
	plugins := map[string]any{}
	for _, name := range []string{"key-auth", "basic-auth", "cors", "traffic-split"} {
		if rapid.IntRange(0, 2).Draw(t, "plugin") > 0 {
			continue
		}
		plugins[name] = map[string]any{"v": int64(rapid.IntRange(0, 1).Draw(t, "version"))}
		if name == "traffic-split" {
			plugins[name] = map[string]any{"rules": []any{map[string]any{"weighted_upstreams": []any{
				map[string]any{"upstream_id": fmt.Sprint("u", rapid.IntRange(0, 2).Draw(t, "split"))}}}}}
		}
	}
	return plugins
}

// meets returns what a request meets in a state; ok is false when nothing answers it.
func meets(state gateway.State, m match) (behaviour, bool) {
	index := coverage{}
	for _, r := range state {
		index.add(r, matches(state, r))
	}
	route, ok := index.find(m)
	if !ok {
		return nil, false
	}
	d := &diff{live: state, desired: state}
	return (&schedule{d: d}).before().behaviour(route.Key), true
}

// TestEveryRequestMeetsTheOldOrTheNew applies a random part of every step: what a request meets is, in every aspect, what it met before
// or what it will meet in the end.
func TestEveryRequestMeetsTheOldOrTheNew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live, want := drawMixed(t), drawMixed(t)
		p := New(want, live, Policy{})
		state := maps.Clone(live)
		for number, step := range p.Steps {
			for range 4 {
				part := maps.Clone(state)
				for _, change := range step.Changes {
					if rapid.Bool().Draw(t, "taken") {
						taken(part, change)
					}
				}
				for _, m := range every() {
					mustMeetOldOrNew(t, m, live, part, want, fmt.Sprintf("in step %d of\n%s", number, outline(p)))
				}
			}
			for _, change := range step.Changes {
				taken(state, change)
			}
		}
	})
}

func taken(state gateway.State, c Change) {
	if c.Op == Delete {
		delete(state, c.Key)
	} else {
		state[c.Key] = *c.New
	}
}

func mustMeetOldOrNew(t *rapid.T, m match, live, part, want gateway.State, where string) {
	old, before := meets(live, m)
	next, after := meets(want, m)
	now, answered := meets(part, m)
	if !answered && before && after {
		t.Fatalf("%v is not answered %s", m, where)
	}
	if !answered {
		return
	}
	if !before {
		old = next
	}
	if !after {
		next = old
	}
	if !now.between(old, next) && (before && after || !itsOwn(m, live, part, want, now)) {
		t.Fatalf("%v meets\n%v\nneither the old\n%v\nnor the new\n%v\n%s\nlive\n%s\nwant\n%s", m, now, old, next, where, listing(live), listing(want))
	}
}

// itsOwn reports whether a request that nothing answered before, or nothing will, meets the old or the new behaviour of the route that
// answers it: one of several that come or go there.
func itsOwn(m match, live, part, want gateway.State, now behaviour) bool {
	index := coverage{}
	for _, r := range part {
		index.add(r, matches(part, r))
	}
	route, _ := index.find(m)
	var own []behaviour
	for _, state := range []gateway.State{live, want} {
		if _, answered := meets(state, m); answered || state[route.Key].Spec != nil {
			own = append(own, (&schedule{d: &diff{live: state, desired: state}}).before().behaviour(route.Key))
		}
	}
	return len(own) > 0 && now.between(own[0], own[len(own)-1])
}

// listing shows a state when a law does not hold for it.
func listing(state gateway.State) string {
	text := ""
	for _, key := range state.Keys() {
		text += fmt.Sprintf("%s %s\n", key, content(state[key].Spec))
	}
	return text
}
