package apply_test

import (
	"context"
	"errors"
	"testing"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// guarded is a gateway group that notices writes by others.
type guarded struct {
	*memory
	asked [][]gateway.Key
	moved func(keys []gateway.Key) ([]gateway.Key, error)
}

func (g *guarded) Moved(_ context.Context, keys []gateway.Key) ([]gateway.Key, error) {
	g.asked = append(g.asked, keys)
	return g.moved(keys)
}

// among returns those keys that are asked for.
func among(foreign ...gateway.Resource) func([]gateway.Key) ([]gateway.Key, error) {
	return func(keys []gateway.Key) ([]gateway.Key, error) {
		var moved []gateway.Key
		for _, key := range keys {
			for _, r := range foreign {
				if r.Key == key {
					moved = append(moved, key)
				}
			}
		}
		return moved, nil
	}
}

func TestWritesByOthersStopTheRun(t *testing.T) {
	steps := func() []plan.Step {
		return []plan.Step{
			step(plan.Expand, true, create(up), adopt(upOther)),
			step(plan.Switch, true, create(lone), create(res("routes/second"))),
		}
	}
	tests := []struct {
		name    string
		moved   func([]gateway.Key) ([]gateway.Key, error)
		calls   []string
		class   gateway.Class
		skipped int
		err     string
	}{
		{"nobody wrote", among(), []string{"put upstreams/u", "settle", "put routes/lone", "put routes/second", "settle"}, 0, 0, ""},
		{"before the first step", among(up), nil, gateway.Moved, 4,
			"0 of 4 changes failed, 4 skipped: before expand: write upstreams/u: somebody else has changed it since it was read"},
		{"between two steps", among(lone), []string{"put upstreams/u", "settle"}, gateway.Moved, 2,
			"0 of 4 changes failed, 2 skipped: before switch: write routes/lone: somebody else has changed it since it was read"},
		{"two of a step", among(lone, res("routes/second")), []string{"put upstreams/u", "settle"}, gateway.Moved, 2,
			"0 of 4 changes failed, 2 skipped: before switch: write routes/lone: somebody else has changed it since it was read, and also routes/second"},
		{"what the step does not write", among(upOther), []string{"put upstreams/u", "settle", "put routes/lone", "put routes/second", "settle"}, 0, 0, ""},
		{"the look fails", func([]gateway.Key) ([]gateway.Key, error) { return nil, errors.New("no answer") }, nil, 0, 4,
			"0 of 4 changes failed, 4 skipped: look for changes by others before expand: no answer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			gw := &guarded{memory: newMemory(upOther), moved: test.moved}
			p := plan.Plan{Steps: steps()}
			result, err := apply.Run(t.Context(), gw, p, apply.Options{Parallel: 1})
			check(t, "error", test.err, text(err))
			check(t, "calls", test.calls, gw.calls)
			check(t, "skipped", test.skipped, len(result.Skipped))
			check(t, "whole", len(p.Changes()), len(result.Skipped)+len(result.Done))
			var spoken *gateway.Error
			if errors.As(err, &spoken) != (test.class != 0) || spoken != nil && spoken.Class != test.class {
				t.Errorf("error %v, want class %v", err, test.class)
			}
			if err != nil && result.Confirmed {
				t.Error("a stopped run is confirmed")
			}
		})
	}
}

// TestOneLookForAStep holds that a step is looked at once, however much it writes, and not at all after the end.
func TestOneLookForAStep(t *testing.T) {
	gw := &guarded{memory: newMemory(), moved: among()}
	gw.refuse[up.Key] = gateway.Denied
	_, _ = apply.Run(t.Context(), gw, plan.Plan{Steps: []plan.Step{
		step(plan.Expand, false, create(group), create(up)), step(plan.Switch, false, create(lone)),
	}}, apply.Options{Parallel: 1})
	check(t, "looked at", [][]gateway.Key{{group.Key, up.Key}}, gw.asked)
}
