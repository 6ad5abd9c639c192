package render

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
)

// drawRoutes makes routes that share few hosts, paths and values, so that many of them meet.
func drawRoutes(t *rapid.T) gateway.State {
	state := gateway.State{}
	some := func(label string, percent int) bool { return rapid.IntRange(0, 99).Draw(t, label) < percent }
	value := func(label string) any { return rapid.SampledFrom([]any{"1", int64(2), "x", "y"}).Draw(t, label) }
	for i := range rapid.IntRange(2, 40).Draw(t, "routes") {
		spec := map[string]any{"uri": rapid.SampledFrom([]string{"/a", "/b"}).Draw(t, "uri")}
		if some("priority", 30) {
			spec["priority"] = rapid.Int64Range(0, 2).Draw(t, "level")
		}
		if some("methods", 60) {
			spec["methods"] = []any{rapid.SampledFrom([]any{"GET", "PUT", "POST"}).Draw(t, "method")}
		}
		if some("remote", 30) {
			spec["remote_addr"] = rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2", "10.0.0.0/8", "::1"}).Draw(t, "address")
		}
		if some("vars", 70) {
			var vars []any
			for _, name := range []string{"arg_a", "arg_b"} {
				op := rapid.SampledFrom([]string{"==", "~=", "in", "<", ">=", "~~"}).Draw(t, "op")
				operand := value("value")
				if op == "in" {
					operand = []any{operand, value("second")}
				}
				vars = append(vars, []any{name, op, operand})
			}
			spec["vars"] = vars
		}
		key := gateway.Key{Kind: gateway.Routes, ID: fmt.Sprintf("r%02d", i)}
		state[key] = gateway.Resource{Key: key, Spec: spec}
	}
	return state
}

// TestConflictsAreThoseOfEachWithEach compares what is found by index with what is found by comparing every two routes.
func TestConflictsAreThoseOfEachWithEach(t *testing.T) {
	met := 0
	rapid.Check(t, func(t *rapid.T) {
		state := drawRoutes(t)
		var seated []*claim
		want := map[string]bool{}
		for _, key := range state.Keys() {
			who := claimOf(state[key])
			clash := false
			for _, other := range seated {
				same := who.route.Spec["uri"] == other.route.Spec["uri"] && priorityOf(who) == priorityOf(other)
				if same && who.overlaps(other) {
					want[fmt.Sprintf("%s takes the same requests as %s", key, other.route.Key)] = true
					clash = true
					break
				}
			}
			if !clash {
				seated = append(seated, who)
			}
		}
		met += len(want)
		found := routeConflicts(state, state.Keys())
		if len(found) != len(want) {
			t.Fatalf("found %d, want %d: %v", len(found), len(want), want)
		}
		for _, fault := range found {
			if !want[fault.What] {
				t.Fatalf("found %q, want one of %v", fault.What, want)
			}
		}
	})
	if met == 0 {
		t.Error("no two routes met")
	}
}

func priorityOf(c *claim) int64 {
	priority, _ := c.route.Spec["priority"].(int64)
	return priority
}

// TestExclusiveIsProven draws requests: when two lists of conditions are called exclusive, none meets both.
func TestExclusiveIsProven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lists [2][]condition
		for i := range lists {
			for range rapid.IntRange(1, 3).Draw(t, "conditions") {
				op := rapid.SampledFrom([]string{"==", "~=", "in", "notin", "<", "<=", ">", ">="}).Draw(t, "op")
				c := condition{"v", op, []string{rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "value")}}
				if op == "in" || op == "notin" {
					c.values = append(c.values, rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "second"))
				}
				lists[i] = append(lists[i], c)
			}
		}
		if !exclusive(lists[0], lists[1]) {
			return
		}
		for _, value := range []string{"0", "1", "1.5", "2", "2.5", "3", "4"} {
			all := true
			for _, list := range lists {
				for _, c := range list {
					all = all && c.lets(value)
				}
			}
			if all {
				t.Fatalf("%v and %v both hold for %s", lists[0], lists[1], value)
			}
		}
	})
}
