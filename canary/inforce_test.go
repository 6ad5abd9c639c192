package canary_test

import (
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/gateway"
)

// TestInForce reads the step from what a gateway may answer, whoever wrote it.
func TestInForce(t *testing.T) {
	lines := `upstreams/u {"nodes": {"10.0.0.1:80": 1}}
		services/s {"upstream_id": "u"}
		routes/r {"service_id": "s", "uri": "/x"}`
	old, next := state(t, lines), state(t, strings.Replace(lines, "0.0.1", "0.0.2", 1))
	course, faults := canary.Find(old, next, rules(t, "s 5 25 50"), canary.ByThemselves)
	if course.Empty() || len(faults) > 0 {
		t.Fatalf("no course: %v", faults)
	}
	ours := ""
	for key := range course.At(1) {
		if key.Temporary() {
			ours = key.ID
		}
	}
	for _, test := range []struct {
		name, weighted string
		step           int
		ok             bool
	}{
		{"no split", `[]`, 0, false},
		{"another canary", `[{"upstream_id": "sluice-detour-canary-0", "weight": 50}, {"weight": 50}]`, 0, false},
		{"the way back", `[{"upstream_id": "ours", "weight": 0}, {"weight": 100}]`, 0, true},
		{"the first", `[{"upstream_id": "ours", "weight": 5}, {"weight": 95}]`, 1, true},
		{"the second", `[{"upstream_id": "ours", "weight": 25}, {"weight": 75}]`, 2, true},
		{"between two", `[{"upstream_id": "ours", "weight": 49}, {"weight": 51}]`, 2, true},
		{"below the first", `[{"upstream_id": "ours", "weight": 1}, {"weight": 99}]`, 0, true},
		{"other numbers, one weight by default", `[{"weight": 3}, {"upstream_id": "ours"}]`, 2, true},
		{"weights that are no integers", `[{"upstream_id": "ours", "weight": 0.5}, {"weight": 0.5}]`, 3, true},
		{"all of it", `[{"upstream_id": "ours", "weight": 100}, {"weight": 0}]`, 4, true},
		{"nothing to nobody", `[{"upstream_id": "ours", "weight": 0}]`, 0, true},
		{"another shape", `{"upstream_id": "ours"}`, 0, false},
	} {
		live := state(t, `services/s {"upstream_id": "u", "plugins": {"traffic-split": {"rules": [{"weighted_upstreams": `+
			strings.ReplaceAll(test.weighted, "ours", ours)+`}]}}}`)
		if step, ok := course.InForce(live); step != test.step || ok != test.ok {
			t.Errorf("%s: step %d, %v; want %d, %v", test.name, step, ok, test.step, test.ok)
		}
	}
	if step, ok := course.InForce(gateway.State{}); step != 0 || ok {
		t.Errorf("an empty gateway: step %d, %v", step, ok)
	}
}

// TestInForceInPart says that a step of which one route has not heard has not been taken.
func TestInForceInPart(t *testing.T) {
	lines := `upstreams/u {"nodes": {"10.0.0.1:80": 1}}
		services/s {"upstream_id": "u"}
		routes/a {"service_id": "s", "uri": "/a"}
		routes/b {"service_id": "s", "uri": "/b"}
		routes/own {"service_id": "s", "uri": "/own", "upstream": {"nodes": {"10.0.0.7:80": 1}}}`
	old := state(t, lines)
	course, _ := canary.Find(old, state(t, strings.Replace(lines, "0.0.1", "0.0.2", 1)), rules(t, "s 5 25"), canary.ByThemselves)
	for _, test := range []struct{ a, b, want int }{{0, 1, 0}, {1, 0, 0}, {1, 2, 1}, {2, 1, 1}, {3, 2, 2}, {3, 3, 3}} {
		live := gateway.State{}
		for i, id := range []string{"a", "b"} {
			key := gateway.Key{Kind: gateway.Routes, ID: id}
			live[key] = course.At([]int{test.a, test.b}[i])[key]
		}
		if step, ok := course.InForce(live); step != test.want || !ok {
			t.Errorf("one route at step %d, one at %d: step %d, %v; want %d", test.a, test.b, step, ok, test.want)
		}
		delete(live, gateway.Key{Kind: gateway.Routes, ID: "a"})
		if step, _ := course.InForce(live); step != 0 {
			t.Errorf("one route has gone: step %d, want 0", step)
		}
	}
}

// TestShare says what a service's new upstream takes at each step.
func TestShare(t *testing.T) {
	lines := `upstreams/u {"nodes": {"10.0.0.1:80": 1}}
		services/a {"upstream_id": "u"}
		services/b {"upstream_id": "u"}
		routes/a {"service_id": "a", "uri": "/a"}
		routes/b {"service_id": "b", "uri": "/b"}`
	course, _ := canary.Find(state(t, lines), state(t, strings.Replace(lines, "0.0.1", "0.0.2", 1)), rules(t, "a 5 25\nb 50\n"), canary.ByThemselves)
	want := map[string][]int{"a": {0, 5, 25, 100}, "b": {0, 50, 50, 100}, "c": {0, 0, 0, 0}}
	for service, shares := range want {
		for step, share := range shares {
			if got := course.Share(service, step); got != share {
				t.Errorf("%s at step %d: %d %%, want %d %%", service, step, got, share)
			}
		}
	}
	if none := (canary.Course{}); !none.Empty() || none.Steps() != 0 || none.At(1) != nil || none.Services() != nil {
		t.Error("the zero course is not empty")
	}
}
