package render

import (
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
)

// Renderer renders gateway groups and keeps what it can use again. It is safe for concurrent use; New makes one.
type Renderer struct {
	// Keys opens the files that SOPS encrypted; nil: they are faults. It must be set before the first Render.
	Keys environments.Decrypter

	opened atomic.Int64 // the generation of the keys that the caches were filled with

	passes    passes
	fragments store[*fragment]
	layers    store[*layer]
	floors    floors
	groups    store[*rendered]
	digests   store[digested]
	sets      store[*loadedSet]

	parsed, made, reused atomic.Int64

	limits limits
	room   int // bytes of rendered groups that are kept, about
}

// New returns a Renderer that has nothing in its cache.
func New() *Renderer { return &Renderer{limits: standardLimits(), room: mostRendered} }

// Stats counts the work of a Renderer since it was made.
type Stats struct {
	FilesParsed    int64
	GroupsRendered int64 // groups that were merged anew
	GroupsReused   int64 // groups whose content had not changed
}

// Stats returns the counts so far.
func (r *Renderer) Stats() Stats {
	return Stats{r.parsed.Load(), r.made.Load(), r.reused.Load()}
}

// longPasses is how many passes schemas are kept that none asked for: they change seldom, all that was checked by them refers to
// them, and a group that did not change does not ask.
const longPasses = 1000

// Render returns the desired state of one gateway group. Fsys is the snapshot that tree was loaded from. With values nil,
// run-time values stay unresolved, as offline. The state is nil when a fault of severity Error is among the list, be it of the
// repo or the environment as environments.Load found it; it is shared with other calls and must not be changed.
func (r *Renderer) Render(fsys fs.FS, tree environments.Tree, env environments.Environment, group string, values Values) (gateway.State, diag.List) {
	pass, refused := r.begin(fsys, tree, env, group)
	if refused != nil {
		return nil, refused
	}
	out := r.group(fsys, tree, env, group, values, pass)
	if group == firstGroup(tree) {
		return out.state, slices.Concat(out.faults, strayGroups(fsys, tree)).Sorted()
	}
	return out.state, out.faults
}

// begin notes that a group is asked for, and forgets what no commit needs any more. It returns the faults for which nothing is
// rendered.
func (r *Renderer) begin(fsys fs.FS, tree environments.Tree, env environments.Environment, group string) (pass int, refused diag.List) {
	r.forget()
	if faults := slices.Concat(tree.Faults, env.Faults); faults.HasErrors() {
		return 0, faults.Sorted()
	}
	if !slices.Contains(env.Groups(), group) {
		return 0, diag.List{diag.Errorf(env.Pos, "unknown-group", "%q is no gateway group of %s", group, env.Name).
			WithHint("%s", diag.DidYouMean(group, env.Groups(), "the groups are "+strings.Join(env.Groups(), ", ")))}
	}
	pass, begun := r.passes.enter(fsys, env.Name+"/"+group)
	if begun {
		r.fragments.sweep(pass - 2)
		r.layers.sweep(pass - 2)
		r.groups.sweep(pass - 2)
		r.digests.sweep(pass - 2)
		r.sets.sweep(pass - longPasses)
	}
	return pass, nil
}

// layersOf returns all layers of a group, the lowest first.
func layersOf(env environments.Environment, group string) []environments.Layer {
	if own, ok := env.GroupLayers[group]; ok {
		return append(slices.Clone(env.Layers), own)
	}
	return env.Layers
}

// group renders one group, or returns what it came to before when nothing that goes in has changed.
func (r *Renderer) group(fsys fs.FS, tree environments.Tree, env environments.Environment, group string, values Values, pass int) *rendered {
	layers := layersOf(env, group)
	fresh := false
	render := func() *rendered {
		fresh = true
		r.made.Add(1)
		j := job{renderer: r, fsys: fsys, pass: pass, env: env, group: group, values: values, layers: layers}
		return j.run(tree.Settings)
	}
	key, hashed := fingerprint(fsys, env, group, layers)
	if !hashed {
		return render()
	}
	if values != nil {
		key += " resolved"
	}
	out := r.groups.get(key, pass, render)
	if values != nil && out.runtime && !fresh {
		// Another call waited for this one's outcome, or came too late: run-time values may differ from call to call.
		out = render()
	}
	if (values != nil && out.runtime) || out.faults.HasErrors() || fresh && !r.groups.weigh(key, pass, out.weight(), r.room) {
		r.groups.drop(key)
	}
	if !fresh {
		r.stillNeeded(fsys, layers, pass)
		r.reused.Add(1)
	}
	return out
}

// Kept returns the number of entries in the cache: parsed files, layers, what they come to, rendered groups, digests and schemas.
func (r *Renderer) Kept() int {
	return r.fragments.len() + r.layers.len() + r.floors.len() + r.groups.len() + r.digests.len() + r.sets.len()
}

// forget drops all that was made when the keys are others than before: it may hold what can't be decrypted any more, or lack what
// now can.
func (r *Renderer) forget() {
	if r.Keys == nil {
		return
	}
	now := int64(r.Keys.Generation())
	if before := r.opened.Swap(now); before == now || before == 0 {
		return
	}
	r.fragments.clear()
	r.layers.clear()
	r.floors.clear()
	r.groups.clear()
	r.digests.clear()
}
