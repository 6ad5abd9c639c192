package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// batching is a gateway group that takes each step at once.
type batching struct {
	*memory
	fails error // of every batch
}

func (b *batching) Write(_ context.Context, puts []gateway.Resource, deletes []gateway.Key) error {
	var names []string
	refusals := &gateway.Refusals{Keys: map[gateway.Key]error{}}
	judge := func(op string, key gateway.Key) {
		names = append(names, op+" "+key.String())
		if class, found := b.refuse[key]; found {
			refusals.Keys[key] = &gateway.Error{Class: class, Op: op, Key: key, Reason: "as the test wants it"}
		}
	}
	for _, r := range puts {
		judge("put", r.Key)
	}
	for _, key := range deletes {
		judge("delete", key)
	}
	b.calls = append(b.calls, strings.Join(names, ", "))
	if b.fails != nil {
		return b.fails
	}
	if len(refusals.Keys) > 0 {
		return fmt.Errorf("check document: %w", refusals)
	}
	for _, r := range puts {
		b.state[r.Key] = r
	}
	for _, key := range deletes {
		delete(b.state, key)
	}
	return nil
}

func TestBatch(t *testing.T) {
	tests := []struct {
		name    string
		live    []gateway.Resource
		refuse  []gateway.Resource
		fails   error
		steps   []plan.Step
		calls   []string
		skipped []string
		failed  int
		err     string
	}{
		{
			name: "a step is one write, in dependency order, without what writes nothing",
			live: []gateway.Resource{lone, upOther},
			steps: []plan.Step{
				step(plan.Expand, true, create(svc), adopt(upOther), create(up)),
				step(plan.Switch, true, create(route)), step(plan.Contract, false, remove(lone)),
			},
			calls: []string{"put upstreams/u, put services/s", "settle", "put routes/r", "settle", "delete routes/lone"},
		},
		{
			name: "nothing to write", live: []gateway.Resource{upOther},
			steps: []plan.Step{step(plan.Expand, true, adopt(upOther))},
		},
		{
			name:   "a refused change is taken out with what depends on it, the rest is sent again",
			refuse: []gateway.Resource{up},
			steps: []plan.Step{
				step(plan.Expand, true, create(svc), create(up), create(group)), step(plan.Switch, true, create(route), create(lone)),
			},
			calls:   []string{"put upstreams/u, put consumer_groups/g, put services/s", "put consumer_groups/g", "settle", "put routes/lone", "settle"},
			skipped: []string{"services/s: needs upstreams/u, which the gateway refused", "routes/r: needs services/s, which was skipped"},
			failed:  1, err: "1 of 5 changes failed, 2 skipped: put upstreams/u: as the test wants it",
		},
		{
			name: "a refused delete keeps what it refers to", live: []gateway.Resource{up, svc, route, lone}, refuse: []gateway.Resource{route},
			steps:   []plan.Step{step(plan.Contract, false, remove(up), remove(svc), remove(route), remove(lone))},
			calls:   []string{"delete routes/r, delete routes/lone, delete services/s, delete upstreams/u", "delete routes/lone"},
			skipped: []string{"services/s: routes/r still refers to it", "upstreams/u: services/s still refers to it"},
			failed:  1, err: "1 of 4 changes failed, 2 skipped: delete routes/r: as the test wants it",
		},
		{
			name: "any other error is told once and concerns all", fails: errors.New("no answer"),
			steps:   []plan.Step{step(plan.Expand, true, create(up), create(group)), step(plan.Switch, true, create(lone))},
			calls:   []string{"put upstreams/u, put consumer_groups/g"},
			skipped: []string{"routes/lone: the run was stopped: no answer"},
			failed:  2, err: "2 of 3 changes failed, 1 skipped: no answer",
		},
		{
			name: "refusals that name nothing of the step are not sent again", fails: &gateway.Refusals{Keys: map[gateway.Key]error{lone.Key: errors.New("bad")}},
			steps:  []plan.Step{step(plan.Expand, true, create(up))},
			calls:  []string{"put upstreams/u"},
			failed: 1, err: "1 of 1 changes failed, 0 skipped: bad",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			gw := &batching{memory: newMemory(test.live...), fails: test.fails}
			for _, r := range test.refuse {
				gw.refuse[r.Key] = gateway.Refused
			}
			result, err := apply.Run(t.Context(), gw, plan.Plan{Steps: test.steps}, apply.Options{})
			check(t, "calls", test.calls, gw.calls)
			check(t, "skipped", test.skipped, skips(result))
			check(t, "failed", test.failed, result.Failed())
			check(t, "error", test.err, text(err))
		})
	}
}

// TestBatchIsTheSame: whatever is refused, a gateway that takes a step at once ends as one that takes change by change.
func TestBatchIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired, live := states(t, "desired"), states(t, "live")
		p := difference(desired, live)
		one, all := newMemory(), &batching{memory: newMemory()}
		for key := range live {
			one.state[key], all.state[key] = live[key], live[key]
		}
		for _, c := range p.Changes() {
			if rapid.IntRange(0, 5).Draw(t, "refuse") == 0 {
				one.refuse[c.Key], all.refuse[c.Key] = gateway.Refused, gateway.Refused
			}
		}
		_, errOne := apply.Run(context.Background(), one, p, apply.Options{Parallel: 1})
		byAll, errAll := apply.Run(context.Background(), all, p, apply.Options{})
		whole(t, p, byAll)
		if (errOne == nil) != (errAll == nil) {
			t.Fatalf("one by one %v, at once %v", errOne, errAll)
		}
		if one.snapshot().Digest() != all.snapshot().Digest() {
			t.Fatalf("one by one ends with %v, at once with %v", one.snapshot().Keys(), all.snapshot().Keys())
		}
	})
}
