package render

import (
	"io/fs"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// job is the rendering of one gateway group.
type job struct {
	renderer *Renderer
	fsys     fs.FS
	pass     int
	env      environments.Environment
	group    string
	values   Values
	layers   []environments.Layer

	set     *schema.Set // what the group's gateway takes
	read    []*layer
	scope   *scope
	floor   *floor                   // of the layers that other groups have as well
	above   map[gateway.Key][]*piece // what the layers above the floor say
	state   gateway.State
	own     []gateway.Key            // the resources that the group has made itself
	lines   map[gateway.Key][]byte   // what they add to the digest, where that is known
	refs    []tie                    // of those
	removed map[gateway.Key]diag.Pos // what !reset removed above the floor, and where
	blind   bool                     // some ids are not known here: what dangles can't be told
	faults  diag.List
	runtime bool
	budget  budget
}

func (j *job) run(settings environments.Settings) *rendered {
	out := j.render(settings)
	out.faults = atPins(j.layers, out.faults.Sorted()).AtMost(mostFaults)
	return out
}

func (j *job) render(settings environments.Settings) *rendered {
	set, faults := j.renderer.groupSet(j.fsys, j.group, j.pass)
	j.set = set
	j.faults.Add(faults...)
	vars := j.load(settings)
	if j.faults.HasErrors() && !j.harmless() {
		return &rendered{faults: j.faults}
	}
	j.scope = newScope(j.env.Name, j.group, vars)
	j.scope.left = j.budget.text
	read := slices.Clone(j.faults)
	j.resources()
	if j.budget.spent {
		return &rendered{faults: append(read, j.budget.fault(j.env.Pos))}
	}
	j.faults.Add(j.scope.faults...)
	if !j.faults.HasErrors() {
		j.empty()
	}
	// What was made is looked at even when something else could not be: all faults of a commit are told at once.
	if !slices.ContainsFunc(j.faults, func(fault diag.Diagnostic) bool { return fault.Code == "unknown-key" }) {
		j.dangling()
	}
	j.faults.Add(conflicts(j.state, j.suspects(), j.set)...)
	if j.faults.HasErrors() {
		return &rendered{faults: j.faults}
	}
	return &rendered{state: j.state, faults: j.faults, runtime: j.runtime, own: len(j.own), digest: j.digest()}
}

// harmless reports whether the faults that were found so far are those of single names: all else was read, and is worth a look.
func (j *job) harmless() bool {
	return !slices.ContainsFunc(j.faults, func(fault diag.Diagnostic) bool {
		return fault.Severity == diag.Error && !slices.Contains([]string{"bad-id", "reserved-id", "unknown-key"}, fault.Code)
	})
}

// load reads the layers and merges the variables of all of them.
func (j *job) load(settings environments.Settings) *node {
	m := merger{}
	j.budget.limits = j.renderer.limits
	var vars *node
	lay := func(upper *node) {
		if upper == nil || j.budget.spent {
			return
		}
		vars = m.merge(vars, upper)
		j.budget.merges(vars)
	}
	top, faults := compileVars(settings.Vars)
	j.faults.Add(faults...)
	lay(top)
	for _, l := range j.layers {
		above, faults := compileVars(l.Vars)
		j.faults.Add(faults...)
		lay(above)
		read := j.renderer.layer(treeOf(l, j.fsys), l.Path, j.pass)
		j.faults.Add(read.faults...)
		j.read = append(j.read, read)
		if j.budget.reads(read); j.budget.spent {
			break
		}
		lay(read.vars)
	}
	if j.budget.spent {
		j.faults.Add(j.budget.fault(j.env.Pos))
	}
	j.faults.Add(m.faults...)
	return vars
}

// resources merges what the layers say about each resource. What needs nothing of the group is made once for all groups.
func (j *job) resources() {
	j.floor = j.renderer.floorOf(j)
	j.above = stacksOf(j.read[floorLayers(j.env, j.layers):])
	if j.standsOn(j.floor); j.budget.spent {
		return
	}
	j.state = j.floor.under(j.above)
	j.faults.Add(j.floor.faultsBut(j.above)...)
	j.removed, j.lines = map[gateway.Key]diag.Pos{}, map[gateway.Key][]byte{}
	j.blind = j.floor.blind
	for _, key := range j.openKeys() {
		stack := slices.Concat(j.floor.stacks[key], j.above[key])
		j.blind = j.blind || nameless(stack)
		j.take(key, j.resource(key, stack))
	}
}

// openKeys returns the keys of what the group makes itself. They are in order, because variables are evaluated as they are met:
// where a circle of them is reported must not be chance.
func (j *job) openKeys() []gateway.Key {
	keys := slices.Concat(j.floor.open, slices.Collect(maps.Keys(j.above)))
	slices.SortFunc(keys, gateway.Key.Compare)
	return slices.Compact(keys)
}

// resource returns what one stack of pieces came to.
func (j *job) resource(key gateway.Key, stack []*piece) *built {
	if j.budget.spent {
		return &built{}
	}
	if s := settle(key, stack, j.budget.limits); s != nil {
		j.budget.takes(s.cost)
		if s.removed {
			j.removed[key] = s.pos
		}
		return s.built
	}
	if b := j.cast(stack); b != nil {
		return b
	}
	m, before := merger{}, j.budget.cost
	merged := j.budget.merge(&m, key, stack, j.scope.interpolate)
	j.faults.Add(m.faults...)
	if merged == nil || m.faults.HasErrors() {
		return &built{}
	}
	if merged.removed {
		j.removed[key] = merged.origin.Pos
		return &built{}
	}
	j.budget.builds(merged)
	b := build(key, merged, j.values)
	stack[len(stack)-1].memory.share(b)
	if len(m.faults) == 0 {
		j.mould(stack, b, j.budget.since(before))
	}
	return b
}

func (j *job) take(key gateway.Key, b *built) {
	j.faults.Add(b.into(j.state, j.set)...)
	if len(j.faults) > 2*mostFaults {
		j.faults = j.faults.Sorted().AtMost(mostFaults)
	}
	j.runtime = j.runtime || b.runtime
	for i, r := range b.resources {
		if j.own = append(j.own, r.Key); b.lines != nil {
			j.lines[r.Key] = b.lines[i]
		}
	}
	j.refs = append(j.refs, b.references(key, j.state)...)
}

// empty refuses a state without resources unless the environment is meant to have none: it would delete everything.
func (j *job) empty() {
	if len(j.state) > 0 || j.env.Empty {
		return
	}
	j.faults.Add(diag.Errorf(j.env.Pos, "empty-environment", "%s has no resources for %s", j.env.Name, j.group).
		WithHint("check extends; an environment that is meant to be empty says empty: true"))
}
