package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/record"
)

// firstApply bounds how long the first apply of the sample may take on a slow machine.
const firstApply = 2 * time.Minute

// look is how often a condition is looked at.
const look = 20 * time.Millisecond

// waitUntil waits for a condition, within a bound.
func waitUntil(ctx context.Context, most time.Duration, condition func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", most, ctx.Err())
		}
	}
	return nil
}

// allApplied reports whether every environment has ended well at the commit, or at any when it is empty.
func allApplied(d *daemon.Daemon, commit string) bool {
	status := d.Reconciler().Status()
	for _, env := range status.Environments {
		if commit != "" && env.Target != commit || !endedWell(env.State) {
			return false
		}
	}
	return len(status.Environments) > 0
}

func endedWell(state string) bool {
	return state == string(record.Applied) || state == string(record.Unchanged)
}
