package reconciler

import (
	"fmt"
	"io/fs"
	"slices"

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
