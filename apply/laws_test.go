package apply_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// states draws a state without dangling references: up to four resources of each of the kinds that refer to each other.
func states(t *rapid.T, name string) gateway.State {
	state := gateway.State{}
	pick := func(kind gateway.Kind) string {
		var ids []string
		for _, k := range state.Keys() {
			if k.Kind == kind {
				ids = append(ids, k.ID)
			}
		}
		return rapid.SampledFrom(append(ids, "")).Draw(t, name+" reference")
	}
	for _, kind := range []gateway.Kind{gateway.Upstreams, gateway.ConsumerGroups, gateway.Consumers, gateway.Services, gateway.Routes, gateway.StreamRoutes} {
		for id := range 4 {
			if !rapid.Bool().Draw(t, name+" present") {
				continue
			}
			spec := map[string]any{"desc": rapid.SampledFrom([]string{"a", "b"}).Draw(t, name+" desc")}
			switch kind {
			case gateway.Consumers:
				set(spec, "group_id", pick(gateway.ConsumerGroups))
			case gateway.Services:
				set(spec, "upstream_id", pick(gateway.Upstreams))
			case gateway.Routes:
				set(spec, "service_id", pick(gateway.Services))
			case gateway.StreamRoutes:
				spec["protocol"] = map[string]any{"superior_id": pick(gateway.StreamRoutes)}
			}
			k := gateway.Key{Kind: kind, ID: fmt.Sprint(id)}
			state[k] = gateway.Resource{Key: k, Spec: spec}
		}
	}
	return state
}

func set(spec map[string]any, field, id string) {
	if id != "" {
		spec[field] = id
	}
}

// difference is the plainest plan that is right: everything expands, then moves, then goes.
func difference(desired, live gateway.State) plan.Plan {
	phases := map[plan.Phase][]plan.Change{}
	for _, k := range desired.Keys() {
		to, phase := desired[k], plan.Expand
		if k.Kind.TakesTraffic() {
			phase = plan.Switch
		}
		from, found := live[k]
		switch {
		case !found:
			phases[phase] = append(phases[phase], create(to))
		case !reflect.DeepEqual(from.Spec, to.Spec):
			phases[phase] = append(phases[phase], update(from, to))
		}
	}
	for _, k := range live.Keys() {
		if _, found := desired[k]; !found {
			phases[plan.Contract] = append(phases[plan.Contract], remove(live[k]))
		}
	}
	var p plan.Plan
	for _, phase := range []plan.Phase{plan.Expand, plan.Switch, plan.Contract} {
		if len(phases[phase]) > 0 {
			p.Steps = append(p.Steps, step(phase, phase != plan.Contract, phases[phase]...))
		}
	}
	return p
}

func whole(t *rapid.T, p plan.Plan, result apply.Result) {
	t.Helper()
	seen := map[string]int{}
	for _, outcome := range result.Done {
		seen[string(outcome.Change.Op)+outcome.Change.Key.String()]++
	}
	for _, skip := range result.Skipped {
		if skip.Why == "" {
			t.Fatalf("%s is skipped without a reason", skip.Change.Key)
		}
		seen[string(skip.Change.Op)+skip.Change.Key.String()]++
	}
	for _, c := range p.Changes() { // one resource may be updated in two parts
		seen[string(c.Op)+c.Key.String()]--
	}
	for change, left := range seen {
		if left != 0 {
			t.Fatalf("%s: the result and the plan differ by %d", change, left)
		}
	}
	if len(result.Done)+len(result.Skipped) != len(p.Changes()) {
		t.Fatalf("%d done and %d skipped of %d", len(result.Done), len(result.Skipped), len(p.Changes()))
	}
}

// TestOrderNeverDangles: a gateway that checks references at every write refuses nothing, and ends as desired.
func TestOrderNeverDangles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired, gw := states(t, "desired"), newMemory()
		gw.state = states(t, "live")
		p := difference(desired, gw.snapshot())
		result, err := apply.Run(context.Background(), gw, p, apply.Options{Parallel: 4})
		if err != nil {
			t.Fatal(err)
		}
		whole(t, p, result)
		if left := difference(desired, gw.snapshot()); !left.Empty() {
			t.Fatalf("left to do: %+v", left)
		}
	})
}

// TestKillAtEveryWrite: a run that is cancelled during any call leaves a state from which a fresh plan reaches the end.
func TestKillAtEveryWrite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired, live := states(t, "desired"), states(t, "live")
		p := difference(desired, live)
		for kill := range len(p.Changes()) + 1 {
			gw := newMemory()
			for k, r := range live {
				gw.state[k] = r
			}
			killed(t, gw, p, kill)
			if _, err := apply.Run(context.Background(), gw, difference(desired, gw.snapshot()), apply.Options{}); err != nil {
				t.Fatalf("after a kill at call %d: %v", kill, err)
			}
			if left := difference(desired, gw.snapshot()); !left.Empty() {
				t.Fatalf("after a kill at call %d, left to do: %+v", kill, left)
			}
		}
	})
}

// TestRealPlans: what the planner orders, a gateway that checks references takes without a refusal, from both ends.
func TestRealPlans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := plan.Policy{Adopt: true, Empty: true, Inventory: nil}
		desired, gw := states(t, "desired"), newMemory()
		for k, r := range states(t, "live") {
			r.Spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
			gw.state[k] = r
		}
		for _, r := range desired {
			r.Spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		}
		p := plan.New(desired, gw.snapshot(), policy)
		result, err := apply.Run(context.Background(), gw, p, apply.Options{Parallel: 4})
		if err != nil {
			t.Fatal(err)
		}
		whole(t, p, result)
		if left := plan.New(desired, gw.snapshot(), policy); !left.Empty() {
			t.Fatalf("left to do: %+v", left)
		}
	})
}

func killed(t *rapid.T, gw *memory, p plan.Plan, kill int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	calls := 0
	gw.before = func(context.Context, string) {
		if calls++; calls > kill {
			cancel()
		}
	}
	result, err := apply.Run(ctx, gw, p, apply.Options{Parallel: 1})
	gw.before = nil
	whole(t, p, result)
	if len(result.Skipped) > 0 && err == nil {
		t.Fatalf("%d changes skipped without an error", len(result.Skipped))
	}
}

// TestFaultsStayContained: whatever the gateway refuses, no skipped or later change makes it refuse another one for a
// reference, and the result is whole.
func TestFaultsStayContained(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired, gw := states(t, "desired"), newMemory()
		gw.state = states(t, "live")
		p := difference(desired, gw.snapshot())
		classes := []gateway.Class{gateway.Refused, gateway.Refused, gateway.Denied, gateway.Unreachable}
		for _, c := range p.Changes() {
			if rapid.IntRange(0, 4).Draw(t, "fault") == 0 {
				gw.refuse[c.Key] = rapid.SampledFrom(classes).Draw(t, "class")
			}
		}
		result, _ := apply.Run(context.Background(), gw, p, apply.Options{Parallel: 4})
		whole(t, p, result)
		for _, outcome := range result.Done {
			if _, meant := gw.refuse[outcome.Change.Key]; outcome.Err != nil && !meant {
				t.Fatalf("%s failed in the wake of another: %v", outcome.Change.Key, outcome.Err)
			}
		}
	})
}
