package reconciler

import (
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/policy"
	"github.com/sluice-gitops/sluice/source"
)

// withPolicies adds the faults of the commit's policies to its tree: what a broken rule would have refused nobody can say, so
// they are faults of the repo as a whole.
func (p *Planner) withPolicies(snapshot source.Snapshot, tree environments.Tree) (environments.Tree, error) {
	fsys, err := p.root(snapshot)
	if err != nil {
		return tree, err
	}
	set, faults := p.policies.Load(fsys)
	if !tree.Faults.HasErrors() {
		faults = append(faults[:len(faults):len(faults)], set.CheckNames(tree.Names())...)
	}
	tree.Faults = append(tree.Faults[:len(tree.Faults):len(tree.Faults)], faults...).Sorted()
	return tree, nil
}

// obeys holds the desired states of an environment against the policies of its commit. What runs already is kept, whatever a
// policy says of it by now: else drift could not be healed.
func (p *Planner) obeys(w *work, desired map[string]gateway.State) diag.List {
	if w.keeping || w.undoing != "" {
		return nil
	}
	fsys, err := p.root(w.snapshot)
	if err != nil {
		return diag.List{diag.Errorf(diag.Pos{}, "unreadable-commit", "%v", err)}
	}
	set, _ := p.policies.Load(fsys) // its faults are part of the tree
	w.warned = map[string]diag.List{}
	var faults diag.List
	for group, state := range desired {
		w.warned[group] = p.policies.Judge(set, policy.Subject{Environment: w.env.Name, Group: group, Commit: w.commit()}, state, p.now())
		faults.Add(w.warned[group]...)
	}
	w.denied = faults.HasErrors()
	return faults
}

func (p *Planner) now() time.Time {
	if p.config.Now == nil {
		return time.Now()
	}
	return p.config.Now()
}
