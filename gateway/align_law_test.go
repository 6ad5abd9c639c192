package gateway_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
)

// drawRoute makes a route with hosts, inline nodes and a plugin of any shape.
func drawRoute(t *rapid.T) map[string]any {
	nodes := map[string]any{}
	for i := range rapid.IntRange(1, 4).Draw(t, "nodes") {
		nodes[fmt.Sprintf("10.0.0.%d:80", i)] = int64(rapid.IntRange(0, 100).Draw(t, "weight"))
	}
	hosts := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c]\.example`), 1, 3, rapid.ID[string]).Draw(t, "hosts")
	list := make([]any, len(hosts))
	for i, host := range hosts {
		list[i] = host
	}
	return map[string]any{
		"uri": "/" + rapid.StringMatching(`[a-z]{1,5}`).Draw(t, "uri"), "hosts": list, "priority": int64(rapid.IntRange(1, 9).Draw(t, "priority")),
		"upstream": map[string]any{"nodes": nodes},
		"plugins":  map[string]any{"one": drawValue(t, 3)},
	}
}

// drawValue makes a map whose leaves are texts, numbers and booleans that are no default.
func drawValue(t *rapid.T, depth int) any {
	switch kind := rapid.IntRange(0, 4).Draw(t, "kind"); {
	case depth == 3 || kind == 0 && depth > 0:
		m := map[string]any{}
		for i := range rapid.IntRange(1, 3).Draw(t, "fields") {
			m[fmt.Sprintf("f%d", i)] = drawValue(t, depth-1)
		}
		return m
	case kind == 1 && depth > 0:
		return []any{drawValue(t, depth-1), drawValue(t, depth-1)}
	case kind == 2:
		return rapid.Bool().Draw(t, "bool")
	case kind == 3:
		return rapid.Float64Range(0.001, 0.999).Draw(t, "float")
	}
	return rapid.StringMatching(`[a-z]{1,6}`).Draw(t, "text")
}

// leaves returns a setter for every leaf of v.
func leaves(v any, set func(any)) (found []func(change func(any) any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, field := range slices.Sorted(maps.Keys(v)) {
			found = append(found, leaves(v[field], func(to any) { v[field] = to })...)
		}
	case []any:
		for i := range v {
			found = append(found, leaves(v[i], func(to any) { v[i] = to })...)
		}
	default:
		return []func(func(any) any){func(change func(any) any) { set(change(v)) }}
	}
	return found
}

func altered(v any) any {
	switch v := v.(type) {
	case string:
		return v + "!"
	case int64:
		return v + 1
	case float64:
		return v / 2
	case bool:
		return !v
	}
	panic(fmt.Sprintf("a leaf of type %T", v))
}

// clone copies maps and lists.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for field, value := range v {
			out[field] = clone(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = clone(value)
		}
		return out
	}
	return v
}

// dressed is what a gateway makes of a route: defaults added, sets in another order, one as a list of one.
func dressed(t *rapid.T, route map[string]any) map[string]any {
	live := clone(route).(map[string]any)
	if rapid.Bool().Draw(t, "defaults") {
		live["status"] = int64(1)
		live["upstream"].(map[string]any)["type"] = "roundrobin"
	}
	if rapid.Bool().Draw(t, "plural") {
		live["uris"] = []any{live["uri"]}
		delete(live, "uri")
	}
	if rapid.Bool().Draw(t, "reversed") {
		slices.Reverse(live["hosts"].([]any))
	}
	return live
}

func TestAlignNeverHidesAChange(t *testing.T) {
	key := gateway.Key{Kind: gateway.Routes, ID: "r"}
	defaults := someDefaults(t)
	rapid.Check(t, func(t *rapid.T) {
		desired := drawRoute(t)
		live := dressed(t, desired)
		if aligned, same := align(key, desired, live, defaults); !same {
			t.Fatalf("the same route does not align: %s", aligned.Bytes())
		}
		change := rapid.SampledFrom([]string{"leaf", "plugin", "host", "node", "field"}).Draw(t, "change")
		switch change {
		case "leaf":
			rapid.SampledFrom(leaves(live, nil)).Draw(t, "leaf")(altered)
		case "plugin":
			live["plugins"].(map[string]any)["prometheus"] = map[string]any{"prefer_name": false}
		case "host":
			live["hosts"] = live["hosts"].([]any)[1:]
		case "node":
			live["upstream"].(map[string]any)["nodes"].(map[string]any)["10.9.9.9:80"] = int64(0)
		case "field":
			delete(live, rapid.SampledFrom([]string{"hosts", "priority", "upstream", "plugins"}).Draw(t, "field"))
		}
		if _, same := align(key, desired, live, defaults); same {
			t.Fatalf("change of %s aligned away", change)
		}
		if aligned, same := align(key, live, desired, defaults); same {
			t.Fatalf("change of %s on the desired side aligned away: %s", change, aligned.Bytes())
		}
	})
}

func TestAlignTwiceIsAlignOnce(t *testing.T) {
	key := gateway.Key{Kind: gateway.Routes, ID: "r"}
	defaults := someDefaults(t)
	rapid.Check(t, func(t *rapid.T) {
		desired, other := drawRoute(t), drawRoute(t)
		once, _ := align(key, desired, dressed(t, other), defaults)
		twice, _ := align(key, desired, once.Spec, defaults)
		if string(once.Bytes()) != string(twice.Bytes()) {
			t.Fatalf("once  %s\ntwice %s", once.Bytes(), twice.Bytes())
		}
	})
}
