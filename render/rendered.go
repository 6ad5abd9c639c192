package render

import (
	"io/fs"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
)

// rendered is the outcome for one gateway group.
type rendered struct {
	state   gateway.State
	faults  diag.List
	runtime bool
	own     int // resources that no other group shares
	digest  string
}

// weight is about how many bytes are kept with it.
func (r *rendered) weight() int { return len(r.state)*150 + r.own*600 }

// mostRendered bounds the bytes of the rendered groups that are kept, about. What finds no room is rendered again when it is asked
// for again: from fragments that are parsed and from resources that are shared.
const mostRendered = 8 << 20

// digested is the digest of a rendered group, and what was said of it.
type digested struct {
	digest string
	faults diag.List
}

// Digest returns the digest of the state that Render would return, empty when that is nil, and the same faults. As long as nothing has
// changed the group is not rendered for it, even where its state found no room: who compares digests first needs few states. A group
// with run-time values is rendered each time when they are to be resolved.
func (r *Renderer) Digest(fsys fs.FS, tree environments.Tree, env environments.Environment, group string, values Values) (string, diag.List) {
	pass, refused := r.begin(fsys, tree, env, group)
	if refused != nil {
		return "", refused
	}
	layers := layersOf(env, group)
	key, hashed := fingerprint(fsys, env, group, layers)
	hashed = hashed && group != firstGroup(tree) // what is said of that one depends on the others
	if known := r.digests.touch(pass, key); hashed && len(known) > 0 {
		r.stillNeeded(fsys, layers, pass)
		return known[0].digest, known[0].faults
	}
	out := r.group(fsys, tree, env, group, values, pass)
	if group == firstGroup(tree) {
		out = &rendered{state: out.state, digest: out.digest, runtime: out.runtime, faults: append(out.faults[:len(out.faults):len(out.faults)], strayGroups(fsys, tree)...).Sorted()}
	}
	if out.faults.HasErrors() {
		return "", out.faults
	}
	made := digested{out.digest, out.faults}
	if hashed && !out.runtime {
		r.digests.get(key, pass, func() digested { return made })
	}
	return made.digest, made.faults
}
