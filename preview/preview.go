package preview

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/trace"
)

// Preview says what merging a pull request would do.
type Preview struct {
	Pull forge.Pull
	Into source.Commit // the branch's newest commit
	// Conflicts are files that a person has to merge first; then there is nothing else.
	Conflicts    []source.Conflict
	Environments []Environment // in the order of the merge result, then those that it removes

	files fs.FS // of the merge result
}

// Environment is one environment of the merge result.
type Environment struct {
	Name string
	Gone bool // the branch has it, the merge result has not
	// Faults are those of the merge result. With errors among them nothing of it would be applied here.
	Faults diag.List
	// Blind says why the branch itself could not be rendered, so that there is nothing to compare with; empty: it could.
	Blind  string
	Groups []Group
}

// Group is one gateway group of an environment.
type Group struct {
	Name string
	Plan plan.Plan // of the merge result against the branch
	// Live is the plan against the gateway; nil where it was not asked: nothing changes, or the pull request is from a fork.
	Live *reconciler.GroupPlan
	// Leave names the commit of the pull request whose trailer lets the live plan pass its guards; empty: none does.
	Leave string
}

// side is a commit and what it renders to.
type side struct {
	source.Snapshot
	root     fs.FS
	tree     environments.Tree
	renderer *render.Renderer
	values   render.Values // nil: run-time values are not looked at
}

// Look works out what merging a pull request would do. Its head must be in the mirror. The error says that it can't be told: what is wrong
// with the files is part of the preview.
func (p *Previewer) Look(ctx context.Context, pull forge.Pull) (Preview, error) {
	into, err := p.config.Repository.At(p.config.Repository.Mirrored())
	if err != nil {
		return Preview{}, err
	}
	preview := Preview{Pull: pull, Into: into.Commit}
	merged, err := p.config.Repository.Merge(into.Commit.Hash, pull.Head)
	if errors.Is(err, source.ErrUnrelated) {
		preview.Conflicts = []source.Conflict{{Path: ".", What: "the branches have no history in common"}}
		return preview, nil
	}
	if err != nil {
		return preview, err
	}
	if preview.Conflicts = merged.Conflicts; len(merged.Conflicts) > 0 {
		return preview, nil
	}
	preview.files = merged.FS
	p.past.merging(pull.Head, into.Commit.Hash)
	before, err := p.side(into, pull.Fork)
	if err != nil {
		return preview, err
	}
	after, err := p.side(merged.Snapshot, pull.Fork)
	if err != nil {
		return preview, err
	}
	if pull.Fork { // what others may name is found when they are planned against live
		after.values = p.config.ForkValues
	}
	for _, env := range after.tree.Environments {
		looked, span := trace.Start(ctx, "environment", trace.String("env", env.Name))
		one, err := p.environment(looked, preview, before, after, env)
		span.End(err)
		if err != nil {
			return preview, err
		}
		preview.Environments = append(preview.Environments, one)
	}
	preview.Environments = append(preview.Environments, gone(before, after)...)
	return preview, ctx.Err()
}

// side reads the layout and the policies of a commit.
func (p *Previewer) side(snapshot source.Snapshot, fork bool) (side, error) {
	s := side{Snapshot: snapshot, root: snapshot.FS, renderer: p.own}
	if fork {
		s.renderer = p.foreign
	}
	if root := p.config.Root; root != "" && root != "." {
		sub, err := fs.Sub(snapshot.FS, root)
		if err != nil {
			return s, fmt.Errorf("open %q in commit %s: %w", root, snapshot.Commit.Short(), err)
		}
		s.root = sub
	}
	s.tree = environments.LoadPinned(s.root, s.renderer.Keys, func(text string) (source.Snapshot, error) {
		pinned, err := p.past.Ancestor(text, snapshot.Commit.Hash)
		if err == nil && p.config.Root != "" && p.config.Root != "." {
			pinned.FS, err = fs.Sub(pinned.FS, p.config.Root)
		}
		return pinned, err
	})
	set, faults := p.policies.Load(s.root)
	if !s.tree.Faults.HasErrors() {
		faults = slices.Concat(faults, set.CheckNames(s.tree.Names()))
	}
	s.tree.Faults = slices.Concat(s.tree.Faults, faults).Sorted()
	return s, nil
}

// gone are the environments that the merge result no longer has. A layout that can't be read says nothing of them.
func gone(before, after side) []Environment {
	var all []Environment
	for _, env := range before.tree.Environments {
		if _, ok := after.tree.Find(env.Name); ok {
			continue
		}
		one := Environment{Name: env.Name, Gone: true}
		if after.tree.Faults.HasErrors() {
			one = Environment{Name: env.Name, Faults: after.tree.Faults}
		}
		all = append(all, one)
	}
	return all
}

// inRepository is a path from the top of the repository.
func (p *Previewer) inRepository(file string) string { return path.Join(p.config.Root, file) }
