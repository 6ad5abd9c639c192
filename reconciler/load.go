package reconciler

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/source"
)

// load reads the layout of a commit. Faults in it are part of the tree.
func (p *Planner) load(snapshot source.Snapshot) (environments.Tree, error) {
	fsys, err := p.root(snapshot)
	if err != nil {
		return environments.Tree{}, err
	}
	return environments.Load(fsys), nil
}

// trustedLayout is load for a commit that is to be applied. Of one that nobody vouches for not a byte is looked at.
func (r *Reconciler) trustedLayout(snapshot source.Snapshot) (environments.Tree, error) {
	if err := r.vouched(snapshot.Commit.Hash); err != nil {
		var tree environments.Tree
		tree.Faults.Add(diag.Errorf(diag.Pos{}, "untrusted-commit", "commit %s is not trusted: %v", snapshot.Commit.Short(), err).
			WithHint("sign it with a key of repository.verify.keyring; what runs stays as it is"))
		return r.withKnown(tree), nil
	}
	tree, err := r.load(snapshot)
	return r.withKnown(tree), err
}

func (r *Reconciler) vouched(commit string) error {
	if r.config.Trust == nil {
		return nil
	}
	for _, name := range r.knownEnvironments() {
		if last, ok := r.past.LastApplied(name, ""); ok && last.Commit == commit {
			return nil
		}
	}
	return r.config.Trust(commit)
}

// withKnown adds the environments that the daemon's file knows to a tree that could not be read whole: a commit that breaks
// sluice.yaml is a fault of every environment, not the end of them.
func (r *Reconciler) withKnown(tree environments.Tree) environments.Tree {
	if !tree.Faults.HasErrors() {
		return tree
	}
	for _, name := range r.knownEnvironments() {
		if _, ok := tree.Find(name); !ok {
			tree.Environments = append(tree.Environments, environments.Environment{Name: name})
		}
	}
	return tree
}

// knownEnvironments lists the environments that own a gateway group.
func (r *Reconciler) knownEnvironments() []string {
	var names []string
	for _, group := range r.groups {
		if group.Environment != "" {
			names = append(names, group.Environment)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// root is the directory of sluice.yaml within a commit.
func (p *Planner) root(snapshot source.Snapshot) (fs.FS, error) {
	if p.config.Root == "" || p.config.Root == "." {
		return snapshot.FS, nil
	}
	fsys, err := fs.Sub(snapshot.FS, p.config.Root)
	if err != nil {
		return nil, fmt.Errorf("open %q in commit %s: %w", p.config.Root, snapshot.Commit.Short(), err)
	}
	return fsys, nil
}
