package insight

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// groupEntries is how many entries of each sort are shown of a gateway group.
const groupEntries = 20

// find returns a gateway group and its environment, which may be left out. The error is a *NotFoundError.
func (m *Model) find(environment, group string) (reconciler.EnvironmentStatus, GroupLine, error) {
	for _, env := range m.status().Environments {
		if environment != "" && environment != env.Name {
			continue
		}
		for _, line := range linesOf(env) {
			if line.Name == group {
				return env, line, nil
			}
		}
	}
	return reconciler.EnvironmentStatus{}, GroupLine{}, &NotFoundError{"gateway group " + group}
}

// Group answers what a gateway group runs and what was written to it. It asks nothing of the gateway.
func (m *Model) Group(ctx context.Context, environment, group string) (Group, error) {
	env, line, err := m.find(environment, group)
	if err != nil {
		return Group{}, err
	}
	g := Group{PlacedGroup: PlacedGroup{env.Name, line}, Type: m.backend(group).Type, Target: m.commit(env.Target), Running: m.commit(line.Applied)}
	if g.Writes, err = m.entries(ctx, record.Filter{Environment: env.Name, Group: group, ForCommit: true}); err != nil {
		return Group{}, err
	}
	if g.Since, err = m.runsSince(ctx, env.Name, line.Applied, g.Writes); err != nil {
		return Group{}, err
	}
	g.Drifts, err = m.entries(ctx, record.Filter{Environment: env.Name, Group: group, Reason: "drift"})
	return g, err
}

// runsSince returns when a commit began to run in a gateway group: with what was written for it or, where it changes nothing there, when it
// came to its end in the environment. Zero where that is not on record.
func (m *Model) runsSince(ctx context.Context, environment, commit string, writes []record.Entry) (time.Time, error) {
	begins := func(e record.Entry) bool {
		return (e.Commit == commit || e.Restores == commit) && (e.State == record.Applied || e.State == record.Unchanged)
	}
	if commit == "" {
		return time.Time{}, nil
	}
	if i := slices.IndexFunc(writes, begins); i >= 0 {
		return writes[i].Finished, nil
	}
	e, _, err := m.newest(ctx, record.Filter{Environment: environment, Commit: commit, Whole: true}, begins)
	return e.Finished, err
}

// entries returns the newest entries that pass a filter.
func (m *Model) entries(ctx context.Context, f record.Filter) ([]record.Entry, error) {
	f.Limit = groupEntries
	found, err := m.config.Past.Search(ctx, f)
	return trimmedAll(found.Entries), err
}

func (m *Model) backend(group string) Backend {
	if m.config.Backend == nil {
		return Backend{}
	}
	return m.config.Backend(group)
}

// Instances asks the instances of a gateway group how they are. For a few seconds after that the same answer is given again.
func (m *Model) Instances(ctx context.Context, environment, group string) (Health, error) {
	env, _, err := m.find(environment, group)
	if err != nil {
		return Health{}, err
	}
	health, at, err := m.healths.get(ctx, env.Name+"/"+group, false, func(ctx context.Context) (Health, error) {
		return ask(ctx, m.backend(group)), nil
	})
	health.At = at
	return health, err
}

// askedAtOnce is how many instances are asked at the same time.
const askedAtOnce = 16

func ask(ctx context.Context, backend Backend) Health {
	health := Health{Instances: make([]Instance, len(backend.Instances))}
	if len(backend.Instances) == 0 {
		health.Why = cmp.Or(backend.Why, "the daemon's file names no instances of this group that can be asked")
	}
	var running sync.WaitGroup
	slots := make(chan struct{}, askedAtOnce)
	for i, probe := range backend.Instances {
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			health.Instances[i] = probe.instance(ctx)
		})
	}
	running.Wait()
	return health
}

func (p Probe) instance(ctx context.Context) Instance {
	if p.Ask == nil {
		return Instance{Name: p.Name, State: "unknown", Text: p.Short}
	}
	if err := p.Ask(ctx); err != nil {
		return Instance{Name: p.Name, State: "not-ready", Text: err.Error()}
	}
	if p.Short != "" {
		return Instance{Name: p.Name, State: "running", Text: p.Short}
	}
	return Instance{Name: p.Name, State: "ready"}
}

// target is the commit that a group is held against: the one that it runs, or is to run.
func target(env reconciler.EnvironmentStatus, line GroupLine) string {
	return cmp.Or(line.Applied, env.Target)
}
