package promotion

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/environments"
)

// othersThan returns the environments that reach gateways, but for one.
func othersThan(name string, tree environments.Tree) []environments.Environment {
	return slices.DeleteFunc(slices.Clone(tree.Environments), func(env environments.Environment) bool {
		return env.Name == name || len(env.Waves) == 0
	})
}

// mayMove refuses to move a pin that to inherits when somebody else would move with it. One that nobody else reads moves where it
// stands, and a note says where that is. A pin of to's own moves for all who inherit it, as a note says.
func (p *Promotion) mayMove(pin environments.Layer, to string) error {
	var along []string
	for _, env := range p.others {
		if slices.ContainsFunc(env.Layers, func(l environments.Layer) bool { return l.RevisionPos == pin.RevisionPos }) {
			along = append(along, env.Name)
		}
	}
	switch own := pin.RevisionPos.File == p.To.Pos.File; {
	case own && len(along) > 0:
		p.Notes = append(p.Notes, fmt.Sprintf("the pin of %s is inherited, and moves with it: %s", pin.Path, strings.Join(along, " and ")))
		return nil
	case own:
		return nil
	case len(along) == 0:
		p.Notes = append(p.Notes, fmt.Sprintf("%s inherits the pin of %s: it moves where it stands, at %s", p.To.Name, pin.Path, pin.RevisionPos))
		return nil
	}
	all := fmt.Sprintf("write revision: %s there", to)
	if owner := path.Base(path.Dir(pin.RevisionPos.File)); owner != p.From.Name && slices.Contains(along, owner) {
		all = fmt.Sprintf("`sluice promote %s %s --layer %s`", p.From.Name, owner, pin.Path)
	}
	return fmt.Errorf("%s inherits the pin of %s, which stands at %s: %s would move with it\n"+
		"\thint: to move all of them, %s; else take the layer out of extends there, and pin it in the environment.yaml of each",
		p.To.Name, pin.Path, pin.RevisionPos, strings.Join(along, " and "), all)
}

// unmoved refuses an edit after which an environment reads other layers than before, but for the pins that were to move.
func (p *Promotion) unmoved(after environments.Tree) error {
	moved := func(l environments.Layer) bool {
		return slices.ContainsFunc(p.Moves, func(m Move) bool { return m.Layer.RevisionPos == l.RevisionPos })
	}
	for _, before := range p.others {
		env, _ := after.Find(before.Name)
		same := slices.EqualFunc(before.Layers, env.Layers, func(a, b environments.Layer) bool {
			return a.Path == b.Path && (a.Revision == b.Revision || moved(a))
		})
		if !same {
			return fmt.Errorf("move the pins of %s: %s would read other layers", p.To.Name, before.Name)
		}
	}
	return nil
}
