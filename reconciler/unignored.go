package reconciler

import (
	"slices"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
)

// unignored returns the fields that an environment ignored when it was applied last, and that the commit ignores no more. What differs in them
// was meant to: it is the commit that puts it back, and no drift.
func (p *Planner) unignored(w *work) []environments.Ignored {
	last, ok := p.past.LastApplied(w.env.Name, "")
	if !ok || w.keeping || w.undoing != "" || last.Commit == w.commit() {
		return nil
	}
	old, ok := p.environmentAt(w.env.Name, last.Commit)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(old.env.Ignore), func(before environments.Ignored) bool {
		return slices.ContainsFunc(w.env.Ignore, func(now environments.Ignored) bool { return now.String() == before.String() })
	})
}

// unignores reports whether a state has a resource with such a field.
func (w *work) unignores(desired gateway.State) bool {
	return slices.ContainsFunc(w.unignored, func(field environments.Ignored) bool {
		return slices.ContainsFunc(desired.Keys(), field.Matches)
	})
}

// differsIn reports whether a field is not as desired.
func differsIn(desired, live gateway.State, fields []environments.Ignored) bool {
	_, changed := overlay(desired, live, fields)
	return len(changed) > 0
}
