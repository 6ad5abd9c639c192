package canary_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// drawState makes a state in which two commits differ by chance: upstreams that change in place, services on them or with one of their own,
// and routes that come, go, move between services or have an upstream themselves.
func drawState(t *rapid.T) gateway.State {
	drawn := gateway.State{}
	put := func(kind gateway.Kind, id string, spec map[string]any) {
		spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		drawn[gateway.Key{Kind: kind, ID: id}] = gateway.Resource{Key: gateway.Key{Kind: kind, ID: id}, Spec: spec}
	}
	number := func(n int, of string) int { return rapid.IntRange(0, n-1).Draw(t, of) }
	upstream := func() map[string]any {
		return map[string]any{"nodes": map[string]any{fmt.Sprintf("10.0.0.%d:80", number(4, "node")): int64(1)}}
	}
	put(gateway.SSLs, "client", map[string]any{"type": "client", "cert": fmt.Sprint(number(2, "certificate"))})
	for i := range 3 {
		spec := upstream()
		if number(4, "mutual TLS") == 0 {
			spec["tls"] = map[string]any{"client_cert_id": "client"}
		}
		put(gateway.Upstreams, fmt.Sprint("u", i), spec)
	}
	put(gateway.PluginConfigs, "p", map[string]any{"plugins": map[string]any{"cors": map[string]any{}}})
	for i := range 3 {
		spec := map[string]any{"upstream_id": fmt.Sprint("u", number(3, "upstream of a service"))}
		if number(4, "inline") == 0 {
			spec = map[string]any{"upstream": upstream()}
		}
		put(gateway.Services, fmt.Sprint("s", i), spec)
	}
	for i := range 4 {
		if number(5, "no route") == 0 {
			continue
		}
		spec := map[string]any{"uri": fmt.Sprint("/", i), "service_id": fmt.Sprint("s", max(0, number(6, "service")-3))}
		if number(4, "own upstream") == 0 {
			spec["upstream_id"] = fmt.Sprint("u", number(3, "upstream of a route"))
		}
		if i == 3 {
			spec["plugin_config_id"] = "p"
		}
		put(gateway.Routes, fmt.Sprint("r", i), spec)
	}
	return drawn
}

func drawCourse(t *rapid.T) (old, next gateway.State, course canary.Course, in canary.Upstreams) {
	old, next = drawState(t), drawState(t)
	var asked []canary.Rule
	for i := range rapid.IntRange(1, 3).Draw(t, "rules") {
		steps := rapid.SliceOfNDistinct(rapid.IntRange(1, 99), 1, 3, rapid.ID).Draw(t, "steps")
		slices.Sort(steps)
		asked = append(asked, canary.Rule{Service: fmt.Sprint("s", i), Steps: steps})
	}
	in = rapid.SampledFrom([]canary.Upstreams{canary.ByThemselves, canary.InServices}).Draw(t, "upstreams are")
	course, faults := canary.Find(old, next, asked, in)
	if faults.HasErrors() {
		t.Fatal(faults)
	}
	return old, next, course, in
}

// ways lists the states that a course leads through, forward and, from some step, back. A last state that takes an upstream out of a service is
// left out: its client removes that when no route names it any more.
func ways(t *rapid.T) (old, next gateway.State, lists [][]gateway.State) {
	old, next, course, in := drawCourse(t)
	if course.Empty() {
		return old, next, nil
	}
	lists = [][]gateway.State{way(old, next, course), back(t, old, course)}
	if in == canary.InServices {
		for i, states := range lists {
			lists[i] = states[:len(states)-1]
		}
	}
	return old, next, lists
}

// way lists the states of a course forward, from old to next.
func way(old, next gateway.State, c canary.Course) []gateway.State {
	states := []gateway.State{old}
	for step := 1; !c.Empty() && step <= c.Steps()+1; step++ {
		states = append(states, c.At(step))
	}
	return append(states, next)
}

// back lists the states of an abort in the middle.
func back(t *rapid.T, old gateway.State, c canary.Course) []gateway.State {
	from := rapid.IntRange(1, c.Steps()+1).Draw(t, "aborted at")
	return []gateway.State{c.At(from), c.At(0), old}
}

func planned(want, live gateway.State) plan.Plan {
	return plan.New(want, live, plan.Policy{Guard: plan.Guard{MaxDeletePercent: new(100)}})
}

// inOrder lists the changes as they are sent: within a step deletes go last, and in reverse.
func inOrder(step plan.Step) []plan.Change {
	isDelete := func(c plan.Change) bool { return c.Op == plan.Delete }
	deletes := slices.DeleteFunc(slices.Clone(step.Changes), func(c plan.Change) bool { return !isDelete(c) })
	slices.Reverse(deletes)
	return slices.Concat(slices.DeleteFunc(slices.Clone(step.Changes), isDelete), deletes)
}

func take(state gateway.State, c plan.Change) {
	if c.Op == plan.Delete {
		delete(state, c.Key)
	} else {
		state[c.Key] = *c.New
	}
}

func mustNotDangle(t *rapid.T, state gateway.State, where string) {
	for _, r := range state {
		for _, ref := range gateway.Refs(r) {
			if _, there := state[ref.To]; !there && !ref.Soft && !inService(state, r, ref.To) {
				t.Fatalf("%s: %s refers to %s, which is not there", where, r.Key, ref.To)
			}
		}
	}
}

// inService reports whether a route's service holds an upstream.
func inService(state gateway.State, route gateway.Resource, upstream gateway.Key) bool {
	service := state[gateway.Key{Kind: gateway.Services, ID: gateway.Show(route.Spec["service_id"])}]
	held, _ := service.Spec["upstreams"].(map[string]any)
	_, there := held[upstream.ID]
	return there
}

// TestNoStepDangles takes every plan of a course change by change, forward and back.
func TestNoStepDangles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, _, lists := ways(t)
		for _, states := range lists {
			live := maps.Clone(states[0])
			for i, want := range states[1:] {
				for _, step := range planned(want, live).Steps {
					for _, c := range inOrder(step) {
						take(live, c)
						mustNotDangle(t, live, fmt.Sprintf("to state %d, after %s %s", i+1, c.Op, c.Key))
					}
				}
				if live.Digest() != want.Digest() {
					t.Fatalf("state %d is not reached", i+1)
				}
			}
		}
	})
}

// TestAStepIsFoundInLive says that a step is known by what it leaves, and that what stands of one that was cut off is no later one.
func TestAStepIsFoundInLive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, next, course, _ := drawCourse(t)
		states := way(old, next, course)
		for _, state := range []gateway.State{old, next} {
			if step, ok := course.InForce(state); ok {
				t.Fatalf("step %d is in force where nothing of the course stands", step)
			}
		}
		for i := 1; i < len(states)-1; i++ {
			if step, ok := course.InForce(states[i]); !ok || course.At(step).Digest() != states[i].Digest() {
				t.Fatalf("in state %d step %d is in force, %v", i, step, ok)
			}
			cut := maps.Clone(states[i-1])
			for _, c := range planned(states[i], cut).Changes() {
				if rapid.Bool().Draw(t, "done") {
					take(cut, c)
				}
			}
			if step, _ := course.InForce(cut); step > i && course.At(step).Digest() != states[i].Digest() {
				t.Fatalf("on the way to state %d step %d is in force", i, step)
			}
		}
	})
}

// TestACourseIsTheSameAfterARestart says that a course depends on the two states and the rules only, and leaves both as they are.
func TestACourseIsTheSameAfterARestart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, next := drawState(t), drawState(t)
		asked := []canary.Rule{{Service: "s0", Steps: []int{5, 50}}, {Service: "s1", Steps: []int{10}}}
		in := rapid.SampledFrom([]canary.Upstreams{canary.ByThemselves, canary.InServices}).Draw(t, "upstreams are")
		before := []string{old.Digest(), next.Digest()}
		first, _ := canary.Find(old, next, asked, in)
		slices.Reverse(asked)
		again, _ := canary.Find(maps.Clone(old), maps.Clone(next), asked, in)
		for step := range first.Steps() + 2 {
			if first.At(step).Digest() != again.At(step).Digest() {
				t.Fatalf("step %d is another one", step)
			}
		}
		if !slices.Equal(before, []string{old.Digest(), next.Digest()}) {
			t.Fatal("a state was changed")
		}
	})
}

// TestWhatStandsOnTheWayIsTemporaryAndOwned says that a step has nothing of its own but temporary resources with the label of ownership, and
// changes nothing but what carries the split and what it goes to.
func TestWhatStandsOnTheWayIsTemporaryAndOwned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, next, course, _ := drawCourse(t)
		for step := range course.Steps() + 2 {
			for key, r := range course.At(step) {
				_, was := old[key]
				_, willBe := next[key]
				if !was && !willBe && (!key.Temporary() || !r.Labelled()) {
					t.Fatalf("step %d has %s of its own: temporary %v, labelled %v", step, key, key.Temporary(), r.Labelled())
				}
			}
		}
	})
}

// TestAStepWritesOnlyWeights says that the plan from one step to the next changes nothing but weights, services first and then routes, and
// that no guard stands in its way.
func TestAStepWritesOnlyWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, _, course, _ := drawCourse(t)
		for step := 1; step < course.Steps(); step++ {
			p := planned(course.At(step+1), course.At(step))
			if len(p.Steps) > 2 || len(p.Refusals)+len(p.Warnings) > 0 {
				t.Fatalf("from step %d: %s, %v, %v", step, p.Summary(), p.Refusals, p.Warnings)
			}
			for _, c := range p.Changes() {
				for _, field := range c.Fields {
					if c.Op != plan.Update || field.Path[len(field.Path)-1].Key != "weight" {
						t.Fatalf("from step %d: %s %s changes %s", step, c.Op, c.Key, field.Path)
					}
				}
			}
		}
	})
}
