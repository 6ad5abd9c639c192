package insight

import (
	"context"
	"slices"

	"github.com/sluice-gitops/sluice/reconciler"
)

// status is the status, with the stages and waves that a replica without a reconciler has to read from the config repo.
func (m *Model) status() reconciler.Status {
	status := m.config.Status()
	laid := slices.ContainsFunc(status.Environments, func(env reconciler.EnvironmentStatus) bool {
		return len(env.After) > 0 || slices.ContainsFunc(env.Groups, func(g reconciler.GroupStatus) bool { return g.Wave > 0 })
	})
	if laid || status.Head == "" {
		return status
	}
	layout, err := m.layout(context.Background(), status.Head)
	if err != nil {
		return status // without them it is as true
	}
	for i := range status.Environments {
		env := &status.Environments[i]
		found, ok := layout.tree.Find(env.Name)
		if !ok {
			continue
		}
		env.After = found.After
		wave := map[string]int{}
		for at, names := range found.Waves {
			for _, name := range names {
				wave[name] = at + 1
			}
		}
		for j := range env.Groups {
			env.Groups[j].Wave = wave[env.Groups[j].Name]
		}
	}
	return status
}

// stagesOf numbers the environments: one stands a stage behind the last of those that it comes after. What comes after itself stands where
// it is met.
func stagesOf(status reconciler.Status) map[string]int {
	stages := map[string]int{}
	var stage func(name string) int
	stage = func(name string) int {
		if at, known := stages[name]; known {
			return at
		}
		env, ok := status.Environment(name)
		if !ok {
			return 0
		}
		stages[name] = 1
		at := 1
		for _, before := range env.After {
			at = max(at, stage(before)+1)
		}
		stages[name] = at
		return at
	}
	for _, env := range status.Environments {
		stage(env.Name)
	}
	return stages
}
