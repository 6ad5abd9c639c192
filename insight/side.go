package insight

import (
	"context"
	"fmt"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/skew"
)

// side is what one side of a comparison wants.
type side struct {
	skew.Side
	more int // gateway groups that were left out
}

// enter waits until there is room for one more rendering, and returns how to leave.
func (m *Model) enter(ctx context.Context) (leave func(), err error) {
	select {
	case m.renders <- struct{}{}:
		return func() { <-m.renders }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for other comparisons: %w", ctx.Err())
	}
}

// side renders an environment, or one of its gateway groups, as a commit has it, without the values of secrets. A commit that has it not
// wants nothing.
func (m *Model) side(ctx context.Context, environment, group, commit string) (side, error) {
	s := side{Side: skew.Side{Name: environment, States: map[string]gateway.State{}}}
	if commit == "" {
		return s, nil
	}
	layout, err := m.layout(ctx, commit)
	if err != nil {
		return s, fmt.Errorf("read commit %s: %w", Commit{Hash: commit}.Short(), err)
	}
	env, ok := layout.tree.Find(environment)
	if !ok {
		if err := layout.tree.Faults.Err(); err != nil {
			return s, err
		}
		return s, nil
	}
	groups := slices.DeleteFunc(env.Groups(), func(name string) bool { return group != "" && group != name })
	s.Groups, s.more = groups[:min(len(groups), comparedGroups)], max(0, len(groups)-comparedGroups)
	var faults diag.List
	for _, group := range s.Groups {
		if err := ctx.Err(); err != nil {
			return s, err
		}
		state, found := m.renderWith().Render(layout.root, layout.tree, env, group, nil)
		faults.Add(found...)
		s.States[group] = state
	}
	if len(groups) == 0 {
		faults.Add(env.Faults...)
	}
	if err := faults.Err(); err != nil {
		return s, &sideError{commit, faults.Sorted()}
	}
	return s, nil
}

// sideError says that a commit can't be rendered.
type sideError struct {
	commit string
	faults diag.List
}

// Error names the commit and how many faults it has.
func (e *sideError) Error() string {
	if len(e.faults) == 1 {
		return "commit " + Commit{Hash: e.commit}.Short() + " has a fault there"
	}
	return fmt.Sprintf("commit %s has %d faults there", Commit{Hash: e.commit}.Short(), len(e.faults))
}
