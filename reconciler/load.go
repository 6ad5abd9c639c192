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
	return environments.LoadPinned(fsys, p.config.Keys, p.pastOf(snapshot)), nil
}

// pastOf opens the commits that layers are pinned to: those that lead to the commit of the snapshot. It is nil where no history is
// to be used.
func (p *Planner) pastOf(snapshot source.Snapshot) environments.Past {
	if p.config.History == nil {
		return nil
	}
	return func(text string) (source.Snapshot, error) {
		pinned, err := p.config.History.Ancestor(text, snapshot.Commit.Hash)
		if err != nil {
			return source.Snapshot{}, err
		}
		pinned.FS, err = p.root(pinned)
		return pinned, err
	}
}

// trustedLayout is Load for a commit that is to be applied. One that nobody vouches for stays in the environments that have applied it
// already, when somebody did; in all others it is a fault. Where none has, not a byte of it is looked at.
func (r *Reconciler) trustedLayout(snapshot source.Snapshot) (environments.Tree, error) {
	if r.config.Trust == nil {
		return r.knownLayout(snapshot)
	}
	err := r.config.Trust(snapshot.Commit.Hash)
	if err == nil {
		return r.knownLayout(snapshot)
	}
	fault := diag.Errorf(diag.Pos{}, "untrusted-commit", "commit %s is not trusted: %v", snapshot.Commit.Short(), err).
		WithHint("sign it with a key of repository.verify.keyring; what runs stays as it is")
	if !slices.ContainsFunc(r.knownEnvironments(), func(name string) bool { return r.runs(name, snapshot.Commit.Hash) }) {
		return r.withKnown(environments.Tree{Faults: diag.List{fault}}), nil
	}
	tree, err := r.knownLayout(snapshot)
	for i, env := range tree.Environments {
		if !r.runs(env.Name, snapshot.Commit.Hash) {
			tree.Environments[i].Faults = append(slices.Clip(env.Faults), fault)
		}
	}
	return tree, err
}

func (r *Reconciler) knownLayout(snapshot source.Snapshot) (environments.Tree, error) {
	tree, err := r.Load(snapshot)
	return r.withKnown(tree), err
}

// runs reports whether an environment has applied a commit, and nothing after it.
func (r *Reconciler) runs(environment, commit string) bool {
	last, ok := r.past.LastApplied(environment, "")
	return ok && last.Commit == commit
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
