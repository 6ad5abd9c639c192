package apply

import (
	"context"
	"fmt"
	"time"

	"github.com/sluice-gitops/sluice/plan"
)

// barrier waits until every instance has taken what was written since the last barrier. A barrier that fails stops the run:
// the next step counts on it.
func (r *run) barrier(ctx context.Context, phase plan.Phase) {
	if !r.announce(ctx, phase) {
		return
	}
	started := time.Now()
	confirmed, err := r.gw.Settle(ctx, r.unsettled)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Barriers++
	r.result.Confirmed = r.result.Confirmed && confirmed
	if err != nil {
		r.stopLocked(fmt.Errorf("barrier after %s, with %s written: %w", phase, named(r.unsettled), err))
	}
	r.unsettled = nil
	r.observeLocked(Event{What: Settled, Phase: phase, Took: time.Since(started), Err: err, Confirmed: confirmed && err == nil})
}

// announce reports whether there is something to wait for.
func (r *run) announce(ctx context.Context, phase plan.Phase) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.unsettled) == 0 || r.stopped != nil {
		return false
	}
	r.checkLocked(ctx)
	if r.stopped != nil {
		return false
	}
	r.observeLocked(Event{What: Settling, Phase: phase})
	return true
}

// drain gives requests under way time to end before anything is removed, once after traffic has moved.
func (r *run) drain(ctx context.Context) {
	if !r.mustDrain(ctx) {
		return
	}
	timer := time.NewTimer(r.opts.Drain)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done(): // the next change sees it
	}
}

func (r *run) mustDrain(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	due := r.switched && r.opts.Drain > 0 && ctx.Err() == nil && r.stopped == nil && !r.frontier.failed
	r.switched = false
	if due {
		r.observeLocked(Event{What: Draining, Phase: plan.Contract, Took: r.opts.Drain})
	}
	return due
}
