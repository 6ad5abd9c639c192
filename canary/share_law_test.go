package canary_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/gateway"
)

// TestSharesOnlyGrowOnTheWayUp applies a random part of every step of every plan: each route that stays sends its requests to what it went
// to before or to what it will go to, and the share of the latter lies between that of the state before and that of the state after.
// On the way back it only falls.
func TestSharesOnlyGrowOnTheWayUp(t *testing.T) {
	seen := 0
	rapid.Check(t, func(t *rapid.T) {
		old, next, lists := ways(t)
		for _, states := range lists {
			seen++
			for i, want := range states[1:] {
				if broken := between(t, states[i], want, old, next); broken != "" {
					t.Fatalf("from state %d: %s", i, broken)
				}
			}
		}
	})
	if seen < 60 {
		t.Errorf("only %d ways were gone", seen)
	}
}

// between looks at random mixtures on the way from one state to another, and says what is wrong with one; "" when nothing is.
func between(t *rapid.T, live, want, old, next gateway.State) string {
	low, high := shares(live, old, next), shares(want, old, next)
	at := maps.Clone(live)
	for number, step := range planned(want, live).Steps {
		for range 4 {
			part := maps.Clone(at)
			for _, c := range step.Changes {
				if rapid.Bool().Draw(t, "taken") {
					take(part, c)
				}
			}
			now := shares(part, old, next)
			for _, route := range slices.SortedFunc(maps.Keys(now), gateway.Key.Compare) {
				if share := now[route]; share < min(low[route], high[route]) || share > max(low[route], high[route]) {
					return fmt.Sprintf("in step %d of its plan %s sends %d %% to the new upstream, which had %d %% and will have %d %%",
						number, route, share, low[route], high[route])
				}
			}
		}
		for _, c := range step.Changes {
			take(at, c)
		}
	}
	return ""
}

// shares says for each route of both states which share of its requests goes to what it goes to in next; less than none when some
// go elsewhere than there or where they go in old.
func shares(state, old, next gateway.State) map[gateway.Key]int {
	found := map[gateway.Key]int{}
	for key := range next {
		if _, stays := old[key]; !stays || key.Kind != gateway.Routes {
			continue
		}
		before, after := backends(old, key), backends(next, key)
		for content, weight := range backends(state, key) {
			switch {
			case before[content]+after[content] == 0:
				found[key] = -1000
			case before[content] == 0:
				found[key] += weight
			default:
				found[key] += 0
			}
		}
	}
	return found
}

// backends says where the requests of a route go: percent by the content of the upstream.
func backends(state gateway.State, route gateway.Key) map[string]int {
	r := state[route]
	service := state[gateway.Key{Kind: gateway.Services, ID: gateway.Show(r.Spec["service_id"])}]
	own := content(state, r)
	if own == "" {
		own = content(state, service)
	}
	var conf any
	for _, from := range []gateway.Resource{service, r} {
		plugins, _ := from.Spec["plugins"].(map[string]any)
		if split, ok := plugins["traffic-split"]; ok {
			conf = split
		}
	}
	found := map[string]int{}
	if conf == nil {
		found[own] = 100
		return found
	}
	weighted := conf.(map[string]any)["rules"].([]any)[0].(map[string]any)["weighted_upstreams"].([]any)
	for _, entry := range weighted {
		entry := entry.(map[string]any)
		to := own
		if _, named := entry["upstream_id"]; named {
			to = content(state, gateway.Resource{Spec: entry})
			if held, _ := service.Spec["upstreams"].(map[string]any); held != nil {
				to = said(held[gateway.Show(entry["upstream_id"])].(map[string]any))
			}
		}
		if weight := int(entry["weight"].(int64)); weight > 0 {
			found[to] += weight
		}
	}
	return found
}

func content(state gateway.State, r gateway.Resource) string {
	spec, _ := r.Spec["upstream"].(map[string]any)
	if id, named := r.Spec["upstream_id"]; named {
		spec = state[gateway.Key{Kind: gateway.Upstreams, ID: gateway.Show(id)}].Spec
	}
	if spec == nil {
		return ""
	}
	return said(spec)
}

// said is what an upstream says, as text.
func said(spec map[string]any) string {
	spec = maps.Clone(spec)
	delete(spec, "labels")
	nodes, _ := spec["nodes"].(map[string]any)
	nodes = maps.Clone(nodes)
	if list, ok := spec["nodes"].([]any); ok {
		nodes = map[string]any{}
		for _, item := range list {
			node := item.(map[string]any)
			nodes[fmt.Sprintf("%v:%v", node["host"], node["port"])] = node["weight"]
		}
	}
	// A node that goes stands at weight 0 for a while: nothing is sent to it.
	maps.DeleteFunc(nodes, func(_ string, weight any) bool { return weight == int64(0) })
	spec["nodes"] = nodes
	return string(gateway.AppendCanonical(nil, spec))
}

// TestALandingLeftOutIsSeen is the counter-proof to the law of growing shares: without the landing some requests fall back to the old upstream.
func TestALandingLeftOutIsSeen(t *testing.T) {
	old := state(t, `upstreams/u {"nodes": {"10.0.0.1:80": 1}}
		services/s {"upstream_id": "u"}
		routes/r {"service_id": "s", "uri": "/x"}`)
	next := state(t, `upstreams/u {"nodes": {"10.0.0.2:80": 1}}
		services/s {"upstream_id": "u"}
		routes/r {"service_id": "s", "uri": "/x"}`)
	course, _ := canary.Find(old, next, rules(t, "s 50"), canary.ByThemselves)
	seen := false
	rapid.Check(t, func(t *rapid.T) {
		seen = seen || between(t, course.At(1), next, old, next) != ""
		if broken := between(t, course.At(2), next, old, next); broken != "" {
			t.Fatal(broken)
		}
	})
	if !seen {
		t.Error("a plan without the landing keeps the shares: the law says nothing")
	}
}
