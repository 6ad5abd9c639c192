package promotion

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
)

// findMoves works out which pins of to are not where from has the layer, those that it inherits included.
func (p *Promotion) findMoves(only []string) error {
	pins := map[string]environments.Layer{}
	var names []string
	for _, layer := range p.To.Layers {
		if layer.Revision != "" {
			pins[layer.Path], names = layer, append(names, layer.Path)
		}
	}
	if len(pins) == 0 {
		return fmt.Errorf("%s pins no layer\n\thint: write {path: services/users, revision: %s} under extends in %s",
			p.To.Name, p.Applied.Commit.Short(), p.To.Pos.File)
	}
	for _, name := range only {
		if _, ok := pins[name]; !ok {
			return fmt.Errorf("%s pins no layer %q; %s", p.To.Name, name, diag.DidYouMean(name, names, "it pins "+strings.Join(names, ", ")))
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
func (p *Promotion) findMove(pin environments.Layer, asked bool) error {
	i := slices.IndexFunc(p.From.Layers, func(l environments.Layer) bool { return l.Path == pin.Path })
	if i < 0 {
		note := fmt.Sprintf("%s has no layer %s at %s", p.From.Name, pin.Path, p.Applied.Commit.Short())
		if asked {
			return errors.New(note)
		}
		p.Notes = append(p.Notes, note+": its pin stays")
		return nil
	}
	to := p.From.Layers[i].Revision
	if to == "" {
		brought, err := p.request.Repository.Brought(p.Applied.Commit.Hash, p.inRepository(pin.Path))
		if err != nil {
			return fmt.Errorf("look for the commit of %s: %w", pin.Path, err)
		}
		to = brought.Hash
	}
	same, err := p.sameContent(pin, to)
	if err != nil || same {
		return err
	}
	if err := p.mayMove(pin, to); err != nil {
		return err
	}
	carried, err := p.request.Repository.Carried(pin.Revision, to, p.inRepository(pin.Path), 0)
	if err != nil {
		return err
	}
	p.Moves = append(p.Moves, Move{pin, to, carried})
	return nil
}

// sameContent reports whether a layer is the same at its pin and at another commit: then the pin need not move.
func (p *Promotion) sameContent(pin environments.Layer, commit string) (bool, error) {
	at, err := p.request.Repository.At(commit)
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

// hashOf returns the content hash of a path in a commit.
func hashOf(fsys fs.FS, name string) (string, bool) {
	known, ok := fsys.(interface{ Hash(string) (string, bool) })
	if !ok {
		return "", false
	}
	return known.Hash(name)
}

func short(hash string) string { return hash[:min(7, len(hash))] }
