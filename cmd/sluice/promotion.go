package main

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/source"
)

// promotion is what one promote works on.
type promotion struct {
	clone    *clone
	head     source.Snapshot // of the clone, with the files of the config repo
	applied  source.Snapshot // what from runs
	from, to environments.Environment
	moves    []move
	notes    []string
}

// move is a pin that goes to another commit.
type move struct {
	layer environments.Layer
	to    string // the full hash
	// carried are the commits that come with it, newest first; none when the pin goes back.
	carried []source.Commit
}

// openPromotion reads both environments: to as the clone's head has it, from as of the commit that it runs.
func openPromotion(f promoteFlags, s *settings.Settings, from, to string) (*promotion, error) {
	root, err := repoRoot(f.repo)
	if err != nil {
		return nil, err
	}
	c, err := openClone(root)
	if err != nil {
		return nil, err
	}
	p := &promotion{clone: c}
	if err := p.read(f, s, from, to); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return p, nil
}

func (p *promotion) read(f promoteFlags, s *settings.Settings, from, to string) (err error) {
	if p.head, p.to, err = p.environment("HEAD", to); err != nil {
		return err
	}
	commit := f.commit
	if commit == "" {
		if commit, err = appliedBy(*s, from); err != nil {
			return err
		}
	}
	if p.applied, p.from, err = p.environment(commit, from); err != nil {
		return err
	}
	_, err = p.clone.Ancestor(p.applied.Commit.Hash, "")
	if errors.Is(err, source.ErrNotAncestor) {
		return fmt.Errorf("%s runs %s, which does not lead to what is checked out here\n\thint: bring the clone up to the followed branch: git pull",
			from, p.applied.Commit.Short())
	}
	return err
}

// environment reads one environment at a commit. Its faults are told, with the commit that they are in.
func (p *promotion) environment(commit, name string) (source.Snapshot, environments.Environment, error) {
	snapshot, err := p.clone.At(commit)
	if errors.Is(err, source.ErrUnknownCommit) && commit != "HEAD" {
		err = fmt.Errorf("the clone has no commit %s, which %s runs\n\thint: git pull brings it, where it is on the followed branch", commit, name)
	}
	if err != nil {
		return snapshot, environments.Environment{}, err
	}
	o := newOffline(snapshot.FS, p.past(snapshot))
	env, err := o.find(name)
	if err == nil {
		err = slices.Concat(o.tree.Faults, env.Faults).Err()
	}
	if err != nil {
		err = atCommit(snapshot.Commit, err)
	}
	return snapshot, env, err
}

func (p *promotion) past(of source.Snapshot) environments.Past {
	return func(text string) (source.Snapshot, error) { return p.clone.Ancestor(text, of.Commit.Hash) }
}

// file is the environment.yaml that is edited, and inRepository a path from the top of the repository.
func (p *promotion) file() string                    { return p.to.Pos.File }
func (p *promotion) inRepository(file string) string { return path.Join(p.clone.root, file) }

// findMoves works out which pins of to are not where from has the layer. Only those in its own environment.yaml can move: others
// inherit the rest.
func (p *promotion) findMoves(only []string) error {
	pins := map[string]environments.Layer{}
	var names []string
	for _, layer := range p.to.Layers {
		if layer.Revision != "" && layer.RevisionPos.File == p.file() {
			pins[layer.Path], names = layer, append(names, layer.Path)
		} else if layer.Revision != "" {
			p.notes = append(p.notes, fmt.Sprintf("%s is pinned at %s, which %s inherits: it stays", layer.Path, layer.RevisionPos, p.to.Name))
		}
	}
	if len(pins) == 0 {
		return fmt.Errorf("%s pins no layer\n\thint: write {path: services/users, revision: %s} under extends in %s",
			p.to.Name, p.applied.Commit.Short(), p.file())
	}
	for _, name := range only {
		if _, ok := pins[name]; !ok {
			return fmt.Errorf("%s pins no layer %q; %s", p.to.Name, name, diag.DidYouMean(name, names, "it pins "+strings.Join(names, ", ")))
		}
	}
	for _, name := range names {
		if len(only) > 0 && !slices.Contains(only, name) {
			continue
		}
		if err := p.findMove(pins[name], len(only) > 0); err != nil {
			return err
		}
	}
	return nil
}

// findMove adds the move of one pin, unless it would change nothing.
func (p *promotion) findMove(pin environments.Layer, asked bool) error {
	i := slices.IndexFunc(p.from.Layers, func(l environments.Layer) bool { return l.Path == pin.Path })
	if i < 0 {
		note := fmt.Sprintf("%s has no layer %s at %s", p.from.Name, pin.Path, p.applied.Commit.Short())
		if asked {
			return errors.New(note)
		}
		p.notes = append(p.notes, note+": its pin stays")
		return nil
	}
	to := p.from.Layers[i].Revision
	if to == "" {
		brought, err := p.clone.Brought(p.applied.Commit.Hash, p.inRepository(pin.Path))
		if err != nil {
			return fmt.Errorf("look for the commit of %s: %w", pin.Path, err)
		}
		to = brought.Hash
	}
	same, err := p.sameContent(pin, to)
	if err != nil || same {
		return err
	}
	carried, err := p.clone.Carried(pin.Revision, to, p.inRepository(pin.Path), 0)
	if err != nil {
		return err
	}
	p.moves = append(p.moves, move{pin, to, carried})
	return nil
}

// sameContent reports whether a layer is the same at its pin and at another commit: then the pin need not move.
func (p *promotion) sameContent(pin environments.Layer, commit string) (bool, error) {
	at, err := p.clone.At(commit)
	if err != nil {
		return false, err
	}
	now, known := hashOf(pin.FS, pin.Path)
	next, knownNext := hashOf(at.FS, pin.Path)
	if !known || !knownNext {
		return false, fmt.Errorf("compare %s at %s and %s: it can't be read", pin.Path, short(pin.Revision), short(commit))
	}
	return now == next, nil
}
