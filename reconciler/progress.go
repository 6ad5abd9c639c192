package reconciler

import (
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// enter notes that a commit has come to a state, and when, unless it is in it already. The end of a soak stays known while it goes on.
func (e *EnvironmentStatus) enter(commit string, state record.State, now time.Time) {
	same := e.Target == commit && e.State == string(state)
	if !same {
		e.Target, e.State, e.Since = commit, string(state), now.UTC()
	}
	if !same || state != record.Verifying {
		e.Until = time.Time{}
	}
}

// setUntil shows when an environment goes on by itself, if it is still in that state with that commit; zero: nobody knows.
func (b *board) setUntil(env, commit string, state record.State, until time.Time) {
	b.change(env, func(e *EnvironmentStatus) {
		if e.Target == commit && e.State == string(state) {
			e.Until = until.UTC()
		}
	})
}

// setRetry shows when the environments that trouble has stopped are tried again.
func (b *board) setRetry(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.status.Environments {
		if e := &b.status.Environments[i]; e.State == string(record.Planning) {
			e.Until = until.UTC()
		}
	}
}
