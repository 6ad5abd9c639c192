package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// batch sends the changes of a step at once. What the gateway refuses is taken out, with what depends on it, and the rest is
// sent again, until it is written or nothing is left.
func (r *run) batch(ctx context.Context, phase plan.Phase, batcher Batcher, changes []plan.Change) {
	left := slices.Concat(rounds(changes)...) // what is referred to comes first, so that a refusal is known where it matters
	for len(left) > 0 {
		left = r.sendable(ctx, phase, left)
		if len(left) > 0 {
			left = r.send(ctx, phase, batcher, left)
		}
	}
}

// sendable ends the changes that send nothing, and returns the others.
func (r *run) sendable(ctx context.Context, phase plan.Phase, changes []plan.Change) []plan.Change {
	var left []plan.Change
	for _, c := range changes {
		switch {
		case r.skipped(ctx, phase, c):
		case !c.Writes():
			r.done(phase, Outcome{Change: c})
		case c.Op != plan.Delete && c.New == nil:
			r.done(phase, Outcome{Change: c, Err: fmt.Errorf("%s %s: %w", c.Op, c.Key, errNothing)})
		default:
			left = append(left, c)
		}
	}
	return left
}

// send tries changes at once and returns those that must be sent again.
func (r *run) send(ctx context.Context, phase plan.Phase, batcher Batcher, changes []plan.Change) (again []plan.Change) {
	started := time.Now()
	puts, deletes := sides(changes)
	err := batcher.Write(ctx, puts, deletes)
	took := time.Since(started)
	refusals := &gateway.Refusals{}
	if !errors.As(err, &refusals) || !names(refusals, changes) {
		r.doneAll(phase, changes, took, err)
		return nil
	}
	for _, c := range changes {
		if fault := refusals.Keys[c.Key]; fault != nil {
			r.done(phase, Outcome{Change: c, Took: took, Err: fault})
		} else {
			again = append(again, c)
		}
	}
	return again
}

// names reports whether one of the changes was refused: else they would be sent again as they are.
func names(refusals *gateway.Refusals, changes []plan.Change) bool {
	return slices.ContainsFunc(changes, func(c plan.Change) bool { return refusals.Keys[c.Key] != nil })
}

// doneAll notes changes that went one way together. Their error is told once.
func (r *run) doneAll(phase plan.Phase, changes []plan.Change, took time.Duration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range changes {
		r.doneLocked(phase, Outcome{Change: c, Took: took, Err: err})
	}
	if err != nil {
		r.errs = append(r.errs, err)
	}
}

func sides(changes []plan.Change) (puts []gateway.Resource, deletes []gateway.Key) {
	for _, c := range changes {
		if c.Op == plan.Delete {
			deletes = append(deletes, c.Key)
		} else {
			puts = append(puts, *c.New)
		}
	}
	return puts, deletes
}
