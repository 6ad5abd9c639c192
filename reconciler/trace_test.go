package reconciler_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/trace"
	"github.com/sluice-gitops/sluice/trace/tracetest"
)

// traced gives a rig a tracer.
func traced(t *testing.T, r *rig) (*trace.Tracer, *tracetest.Receiver) {
	t.Helper()
	receiver := tracetest.Start(t)
	tracer, err := trace.New(t.Context(), trace.Config{Endpoint: receiver.URL, Ratio: 1, Every: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tracer.Close(context.Background()) })
	r.config.Tracer = tracer
	return tracer, receiver
}

// TestTheTraceOfACommit draws what a commit did in its first environment, and what a look at it afterwards does not add.
func TestTheTraceOfACommit(t *testing.T) {
	if *everyHand {
		t.Skip("SKIPPED: the tree is that of work that is done here; see TestAWorkerAddsToTheTraceOfTheCommit")
	}
	r := newRig(t)
	tracer, receiver := traced(t, r)
	r.restart()
	r.pass()
	hash := r.git("rev-parse", "HEAD")
	r.pass() // looks for drift
	if err := tracer.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	turn := func(env string, groups ...string) string {
		text := "turn env=" + env + " state=applied\n  render\n  plan\n"
		for _, group := range groups {
			text += "  apply env=" + env + " group=" + group + " untraced=0\n"
			text += "    write key=upstreams/users op=create\n    write key=services/users op=create\n    barrier phase=expand\n" +
				"    write key=routes/users op=create\n    barrier phase=switch\n    write key=global_rules/ids op=create\n    barrier phase=switch\n" +
				"  read group=" + group + "\n"
		}
		return text
	}
	want := "load\n" + turn("test", "test") + turn("uat", "uat") + turn("prod", "prod-eu", "prod-us")
	got := receiver.Tree(hash[:32], "env", "group", "key", "op", "phase", "state", "untraced")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
	looks := 0
	for _, span := range receiver.Spans() {
		if span.Name == "look" {
			looks++
			if span.Trace == hash[:32] || len(span.Links) != 1 || span.Links[0] != hash[:32] {
				t.Errorf("a look must be a trace of its own that leads to the commit's: %+v", span)
			}
		}
	}
	if looks != 3 {
		t.Errorf("%d looks, want one for each environment", looks)
	}
}

// TestAWorkerAddsToTheTraceOfTheCommit lets another do the work, who knows of the commit only its hash.
func TestAWorkerAddsToTheTraceOfTheCommit(t *testing.T) {
	r := newRig(t)
	tracer, receiver := traced(t, r)
	r.afar = true
	r.restart()
	r.pass()
	hash := r.git("rev-parse", "HEAD")
	if err := tracer.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	applies := 0
	for _, span := range receiver.Spans() {
		if span.Name == "apply" && span.Trace == hash[:32] {
			applies++
		}
	}
	if applies != 4 {
		t.Errorf("%d applies are in the trace of the commit, want one for each group:\n%s", applies, receiver.Tree(hash[:32]))
	}
}

// TestALogLineOfAnApplyLeadsToItsTrace holds the log to the trace, and every change to the level debug.
func TestALogLineOfAnApplyLeadsToItsTrace(t *testing.T) {
	r := newRig(t)
	traced(t, r)
	core, lines := observer.New(zap.DebugLevel)
	r.config.Log = zap.New(core)
	r.restart()
	r.pass()
	hash := r.git("rev-parse", "HEAD")
	for _, message := range []string{"applied", "turn ended"} {
		said := lines.FilterMessage(message).All()
		if len(said) == 0 || said[0].ContextMap()["trace_id"] != hash[:32] {
			t.Errorf("%q does not lead to the trace: %v", message, said)
		}
	}
	if turns := lines.FilterMessage("turn ended").Len(); turns != 3 {
		t.Errorf("%d lines for one pass over three environments", turns)
	}
	if changes := lines.FilterMessage("change").FilterLevelExact(zap.DebugLevel).Len(); changes != 4*4 {
		t.Errorf("%d changes are in the log, want 4 for each of 4 groups", changes)
	}
}

// counted is a meter that counts.
type counted struct {
	mu     sync.Mutex
	stages map[string]int
	events map[apply.What]int
	holds  map[string]int
}

// Took counts stages that went well.
func (c *counted) Took(stage, environment string, _ time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.stages[stage+" "+environment]++
	}
}

// Wrote counts events.
func (c *counted) Wrote(_, _ string, e apply.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events[e.What]++
}

// Holds counts resources.
func (c *counted) Holds(_, group, _ string, state gateway.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holds[group] = len(state)
}

// TestTheMeterIsToldOfEveryStage runs one pass over three environments.
func TestTheMeterIsToldOfEveryStage(t *testing.T) {
	r := newRig(t)
	c := &counted{stages: map[string]int{}, events: map[apply.What]int{}, holds: map[string]int{}}
	r.config.Meter = c
	r.restart()
	r.pass()
	stages := map[string]int{"load ": 1, "pass ": 1}
	for env, groups := range map[string]int{"test": 1, "uat": 1, "prod": 2} {
		for _, stage := range []string{reconciler.StageRender, reconciler.StagePlan} {
			stages[stage+" "+env] = 1
		}
		stages["apply "+env], stages["read "+env] = groups, groups
		stages["record "+env] = 1
	}
	if diff := cmp.Diff(stages, c.stages); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
	if c.events[apply.ChangeDone] != 16 || c.events[apply.Settled] != 12 {
		t.Errorf("events: %v", c.events)
	}
	if diff := cmp.Diff(map[string]int{"test": 4, "uat": 4, "prod-eu": 4, "prod-us": 4}, c.holds); diff != "" {
		t.Errorf("what the groups hold (-want +got):\n%s", diff)
	}
}
