package promotion

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
)

// Edited is a commit in which the pins have moved and nothing else. It can be rendered as the commit itself can.
type Edited struct {
	fs.FS
	// Files are the files that have other contents, by their paths from the root of the config repo.
	Files map[string][]byte
}

// ReadFile returns the contents of a file: of an edited one the new.
func (e Edited) ReadFile(name string) ([]byte, error) {
	if data, edited := e.Files[name]; edited {
		return slices.Clone(data), nil
	}
	return fs.ReadFile(e.FS, name)
}

// Edit moves the pins in the text, and proves that these pins have moved and nothing else.
func (p *Promotion) Edit() (Edited, error) {
	wanted := map[string]string{}
	for _, layer := range p.To.Layers {
		wanted[layer.Path] = layer.Revision
	}
	revisions := map[string]map[diag.Pos]string{} // by file
	for _, m := range p.Moves {
		file := m.Layer.RevisionPos.File
		if revisions[file] == nil {
			revisions[file] = map[diag.Pos]string{}
		}
		revisions[file][m.Layer.RevisionPos], wanted[m.Layer.Path] = m.To, m.To
	}
	edited, err := p.repin(revisions)
	if err != nil {
		return edited, err
	}
	tree := environments.LoadPinned(edited, p.request.Keys, p.past(p.Head))
	env, _ := tree.Find(p.To.Name)
	if err := slices.Concat(tree.Faults, env.Faults).Err(); err != nil {
		return edited, err
	}
	for _, layer := range env.Layers {
		if layer.Revision != wanted[layer.Path] || len(env.Layers) != len(p.To.Layers) {
			return edited, fmt.Errorf("move the pins in %s: %s would not be at %s\n\thint: write each revision out, without anchors",
				layer.RevisionPos.File, layer.Path, short(wanted[layer.Path]))
		}
	}
	return edited, p.unmoved(tree)
}

// repin returns the head with the pins of some files at other revisions.
func (p *Promotion) repin(revisions map[string]map[diag.Pos]string) (Edited, error) {
	edited := Edited{p.Head.FS, map[string][]byte{}}
	for file, moved := range revisions {
		data, err := fs.ReadFile(p.Head.FS, file)
		if err != nil {
			return edited, err
		}
		if edited.Files[file], err = environments.Repin(data, moved); err != nil {
			return edited, err
		}
	}
	return edited, nil
}
