package plan

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
)

// drawGuarded makes a state with one route on one service, a rule, and one caller; each of them, and the caller's group, may have what
// asks for a key or shuts everybody out. By says whether the route lets groups in by name.
func drawGuarded(t *rapid.T, by bool) gateway.State {
	state := gateway.State{}
	put := func(kind gateway.Kind, id string, spec map[string]any, names ...string) {
		plugins := map[string]any{}
		for _, name := range names {
			if rapid.IntRange(0, 2).Draw(t, "plugin") == 0 {
				plugins[name] = map[string]any{}
			}
		}
		for name, field := range authKeys {
			if _, has := plugins[name]; has && kind == gateway.Consumers {
				plugins[name] = map[string]any{field: name}
			}
		}
		if kind == gateway.Routes && by {
			plugins[restriction] = map[string]any{"type": "consumer_group_id", "whitelist": []any{rapid.SampledFrom([]string{"g", "h"}).Draw(t, "lets in")}}
		}
		spec["plugins"] = plugins
		if kind.HasLabels() {
			spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		}
		state[gateway.Key{Kind: kind, ID: id}] = gateway.Resource{Key: gateway.Key{Kind: kind, ID: id}, Spec: spec}
	}
	chance := func(what string) bool { return rapid.IntRange(0, 2).Draw(t, what) > 0 }
	put(gateway.Services, "s", map[string]any{}, "key-auth", "ip-restriction")
	put(gateway.Routes, "r", map[string]any{"uri": "/x", "service_id": "s"}, "key-auth", "basic-auth", "ip-restriction")
	if chance("rule") {
		put(gateway.GlobalRules, "g", map[string]any{}, "ip-restriction")
	}
	group := rapid.SampledFrom([]string{"", "g", "h"}).Draw(t, "group")
	if by {
		group = state[gateway.Key{Kind: gateway.Routes, ID: "r"}].Spec["plugins"].(map[string]any)[restriction].(map[string]any)["whitelist"].([]any)[0].(string)
	}
	consumer := map[string]any{}
	if group != "" {
		put(gateway.ConsumerGroups, group, map[string]any{}, "ip-restriction")
		consumer["group_id"] = group
	}
	if chance("consumer") || by {
		put(gateway.Consumers, "c", consumer, "key-auth", "basic-auth", "ip-restriction")
	}
	return state
}

// fate is what the caller's request meets: nothing when it passes, and else why not.
func fate(state gateway.State) []string {
	route, rule := state[gateway.Key{Kind: gateway.Routes, ID: "r"}], state[gateway.Key{Kind: gateway.GlobalRules, ID: "g"}]
	asks := effectivePlugins(state, route)
	ruled, _ := rule.Spec["plugins"].(map[string]any)
	caller := state[gateway.Key{Kind: gateway.Consumers, ID: "c"}]
	known, _ := caller.Spec["plugins"].(map[string]any)
	shut := asks["ip-restriction"] != nil || ruled["ip-restriction"] != nil
	asked, why := false, []string(nil)
	for _, name := range []string{"key-auth", "basic-auth"} {
		asked = asked || asks[name] != nil
		if asks[name] != nil && known[name] == nil {
			why = append(why, "unknown by "+name)
		}
	}
	if asked && len(why) == 0 {
		shut = shut || effectivePlugins(state, caller)["ip-restriction"] != nil
		list, restricted := asks[restriction].(map[string]any)
		if restricted && !slices.Contains(list["whitelist"].([]any), caller.Spec["group_id"]) {
			why = append(why, "by name")
		}
		if _, exists := state[groupOf(caller)]; caller.Spec["group_id"] != nil && !exists {
			why = append(why, "without its group")
		}
	}
	if shut {
		why = append(why, "shut out")
	}
	return why
}

// asks reports whether the route asks who the caller is.
func asks(state gateway.State) bool {
	plugins := effectivePlugins(state, state[gateway.Key{Kind: gateway.Routes, ID: "r"}])
	return plugins["key-auth"] != nil || plugins["basic-auth"] != nil
}

// keepsFate reports whether a request fares as before or as after. Where it is refused before and after for reasons that have nothing in
// common, as an address that is let in when its key goes, no order is promised.
func keepsFate(now, before, after []string) bool {
	if len(now) == 0 {
		common := slices.ContainsFunc(before, func(why string) bool { return slices.Contains(after, why) })
		return len(before) == 0 || len(after) == 0 || !common
	}
	return !slices.Contains(now, "without its group") && len(before)+len(after) > 0
}

// TestACallerMeetsTheOldOrTheNew applies a random part of every step: who passes before and after passes, who is refused before and after
// is refused.
func TestACallerMeetsTheOldOrTheNew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		by := rapid.Bool().Draw(t, "by name")
		live, want := drawGuarded(t, by), drawGuarded(t, by)
		p := New(want, live, Policy{Inventory: live.Keys()})
		state := maps.Clone(live)
		for number, step := range p.Steps {
			for range 6 {
				part := maps.Clone(state)
				for _, change := range step.Changes {
					if rapid.Bool().Draw(t, "taken") {
						taken(part, change)
					}
				}
				now := fate(part)
				if slices.Equal(now, []string{"shut out"}) && !(asks(live) && asks(want)) {
					continue // a guard of callers that changes while a route begins or ceases to ask: closed is preferred to open
				}
				if len(now)+len(fate(live)) > 0 && !keepsFate(now, fate(live), fate(want)) {
					t.Fatalf("the caller is refused %v in step %d, but %v before and %v after\n%s\nlive\n%s\nwant\n%s", now, number, fate(live), fate(want),
						outline(p), listing(live), listing(want))
				}
			}
			for _, change := range step.Changes {
				taken(state, change)
			}
		}
		if listing(state) != listing(want) {
			t.Fatalf("the plan ends elsewhere\n%s", outline(p))
		}
	})
}
