package render

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
)

// Texts puts variables and run-time values into texts that stand outside fragments, such as those of a rollout, as Render does
// into fragments of the same gateway group. It must not be used by several goroutines at once; Renderer.Texts makes one.
type Texts struct {
	scope  *scope
	values Values
}

// Texts returns the Texts of a gateway group. Fsys is the snapshot that tree was loaded from. With values nil, run-time values
// stay unresolved. The Texts are nil when the variables can't be read: then a fault of severity Error is among the list. It does
// not count as a commit for what the Renderer keeps.
func (r *Renderer) Texts(fsys fs.FS, tree environments.Tree, env environments.Environment, group string, values Values) (*Texts, diag.List) {
	r.forget()
	if faults := slices.Concat(tree.Faults, env.Faults); faults.HasErrors() {
		return nil, faults.Sorted()
	}
	layers := layersOf(env, group)
	j := job{renderer: r, fsys: fsys, pass: r.passes.current(), env: env, group: group, values: values, layers: layers}
	vars := j.load(tree.Settings)
	if j.faults.HasErrors() {
		return nil, atPins(layers, j.faults.Sorted())
	}
	return &Texts{scope: newScope(env.Name, group, vars), values: values}, nil
}

// Expand returns a text with all that it refers to put in: a string, or a gateway.Secret when a run-time value or something that
// its file holds encrypted is part of it. Numbers come as they are written. With a fault of severity Error among the list it is not to
// be used. Pos is where the faults stand.
func (t *Texts) Expand(text string, pos diag.Pos) (any, diag.List) {
	if !strings.Contains(text, "${") {
		return text, nil
	}
	c := compiler{}
	parts := c.template(text, pos)
	if c.faults.HasErrors() {
		return "", c.faults
	}
	// The empty part keeps a variable that is the entire text from bringing its type along.
	found := t.scope.text(append(parts, part{}), newScalar("", &gateway.Origin{Pos: pos}))
	f := finisher{values: t.values}
	value, _ := f.finish(found)
	if sealed, ok := value.(opened); ok {
		value = gateway.NewSecret(sealed.ref, sealed.text)
	}
	return value, f.faults
}

// current returns the number of the pass that goes on.
func (p *passes) current() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}
