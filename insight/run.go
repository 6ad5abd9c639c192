package insight

import (
	"context"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
)

// lookEvery is how soon those who follow hear of what no step of a pass tells: a new head, a pause, what a leader elsewhere did.
const lookEvery = 2 * time.Second

// Run tells those who follow of changes of the status that are no step of a pass, until ctx ends.
func (m *Model) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	before := m.config.Status()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if !m.hub.followed() {
			continue
		}
		now := m.config.Status()
		for _, n := range changes(before, now) {
			m.hub.tell(n)
		}
		before = now
	}
}

// changes says what differs between two looks at the status: the whole, or single environments.
func changes(before, now reconciler.Status) []Notice {
	same := func(a, b reconciler.EnvironmentStatus) bool { return a.Name == b.Name }
	if before.Head != now.Head || before.Error != now.Error || !slices.EqualFunc(before.Environments, now.Environments, same) {
		return []Notice{{}}
	}
	var notices []Notice
	for i, env := range now.Environments {
		if !sameEnvironment(before.Environments[i], env) {
			notices = append(notices, Notice{Environment: env.Name, Commit: env.Target, State: env.State})
		}
	}
	return notices
}

func sameEnvironment(a, b reconciler.EnvironmentStatus) bool {
	if !slices.EqualFunc(a.Groups, b.Groups, sameGroup) || !slices.Equal(a.After, b.After) || !a.Until.Equal(b.Until) || !a.Since.Equal(b.Since) {
		return false
	}
	return a.State == b.State && a.Target == b.Target && a.Applied == b.Applied && a.Text == b.Text && a.Detail == b.Detail && a.Paused == b.Paused
}

func sameGroup(a, b reconciler.GroupStatus) bool {
	if !slices.Equal(a.Ignored, b.Ignored) || a.Name != b.Name || a.Wave != b.Wave || a.State != b.State {
		return false
	}
	return a.Applied == b.Applied && a.Digest == b.Digest && a.Canary == b.Canary && a.Drift == b.Drift && a.Holder == b.Holder && a.Error == b.Error
}
