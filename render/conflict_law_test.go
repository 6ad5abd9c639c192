package render

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/diag"
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
			who := claimOf(state, state[key])
			clash := false
			for _, other := range seated {
				same := who.route.Spec["uri"] == other.route.Spec["uri"] && priorityOf(who) == priorityOf(other)
				if same && who.meets(other) == yes {
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
		certain := 0
		for _, fault := range found {
			if fault.Severity == diag.Error {
				certain++
			}
		}
		if certain != len(want) {
			t.Fatalf("found %d, want %d: %v", certain, len(want), want)
		}
		for _, fault := range found {
			if fault.Severity == diag.Warning {
				continue
			}
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

// TestTogetherIsProven draws requests: where two lists of conditions are said not to meet, none meets both.
func TestTogetherIsProven(t *testing.T) {
	said := map[truth]int{}
	rapid.Check(t, func(t *rapid.T) {
		lists := [2][]condition{drawConditions(t), drawConditions(t)}
		met := together(lists[0], lists[1])
		said[met]++
		var witnesses []string
		for _, value := range []string{"", "0", "1", "1.0", "1.5", "2", "2.5", "3", "4", "a", "ab", "AB", "b", "cab", "10.0.0.1", "10.1.0.1", "11.0.0.1"} {
			if meetsAll(lists[0], value) && meetsAll(lists[1], value) {
				witnesses = append(witnesses, value)
			}
		}
		if met == no && len(witnesses) > 0 {
			t.Fatalf("%v and %v both hold for %q", lists[0], lists[1], witnesses)
		}
	})
	for _, met := range []truth{no, maybe, yes} {
		if said[met] == 0 {
			t.Errorf("nothing was said to be %d", met)
		}
	}
}

func drawConditions(t *rapid.T) []condition {
	var list []condition
	for range rapid.IntRange(1, 2).Draw(t, "conditions") {
		op := rapid.SampledFrom([]string{"==", "~=", "in", "<", "<=", ">", ">=", "~~", "~*", "ipmatch"}).Draw(t, "op")
		with := rapid.SampledFrom([]any{"1", int64(2), "3", "a"}).Draw(t, "value")
		switch op {
		case "~~", "~*":
			with = rapid.SampledFrom([]any{"^a", "^b", "b$", "^ab", "(?!x)", "^A"}).Draw(t, "pattern")
		case "ipmatch":
			with = rapid.SampledFrom([]any{"10.0.0.0/8", "10.1.0.0/16", "11.0.0.1"}).Draw(t, "range")
		case "in":
			with = []any{with, "b"}
		case "<", "<=", ">", ">=":
			with = int64(rapid.IntRange(1, 3).Draw(t, "limit"))
		}
		parts := []any{"v", op, with}
		if rapid.Bool().Draw(t, "negated") {
			parts = []any{"v", "!", op, with}
		}
		list = append(list, readCondition("v", parts, false))
	}
	return list
}

func meetsAll(list []condition, value string) bool {
	for _, c := range list {
		if c.holds(operand{text: value}) != yes {
			return false
		}
	}
	return true
}
