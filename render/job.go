package render

import (
	"io/fs"
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
	state   gateway.State
	refs    map[gateway.Key][]gateway.Ref
	named   map[gateway.Key]bool     // what the layers speak of, whether it could be made or not
	removed map[gateway.Key]diag.Pos // what !reset removed, and where
	blind   bool                     // some ids are not known here: what dangles can't be told
	faults  diag.List
	runtime bool
}

func (j *job) run(settings environments.Settings) *rendered {
	set, faults := j.renderer.groupSet(j.fsys, j.group, j.pass)
	j.set = set
	j.faults.Add(faults...)
	vars := j.load(settings)
	if j.faults.HasErrors() && !j.harmless() {
		return &rendered{faults: atPins(j.layers, j.faults.Sorted())}
	}
	j.scope = newScope(j.env.Name, j.group, vars)
	j.resources()
	j.faults.Add(j.scope.faults...)
	if !j.faults.HasErrors() {
		j.empty()
	}
	// What was made is looked at even when something else could not be: all faults of a commit are told at once.
	if !slices.ContainsFunc(j.faults, func(fault diag.Diagnostic) bool { return fault.Code == "unknown-key" }) {
		j.dangling()
	}
	j.faults.Add(conflicts(j.state, j.set)...)
	if j.faults.HasErrors() {
		return &rendered{faults: atPins(j.layers, j.faults.Sorted())}
	}
	return &rendered{state: j.state, faults: atPins(j.layers, j.faults.Sorted()), runtime: j.runtime}
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
	var vars *node
	lay := func(upper *node) {
		if upper == nil {
			return
		}
		vars = m.merge(vars, upper)
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
		lay(read.vars)
	}
	j.faults.Add(m.faults...)
	return vars
}

// resources merges what the layers say about each resource.
func (j *job) resources() {
	stacks := map[gateway.Key][]*piece{}
	for _, l := range j.read {
		for key, p := range l.pieces {
			stacks[key] = append(stacks[key], p)
		}
	}
	j.state = make(gateway.State, len(stacks))
	j.refs = make(map[gateway.Key][]gateway.Ref, len(stacks))
	j.removed = map[gateway.Key]diag.Pos{}
	j.named = make(map[gateway.Key]bool, len(stacks))
	var open []gateway.Key
	for key, stack := range stacks {
		j.named[key] = true
		j.blind = j.blind || slices.ContainsFunc(stack, func(p *piece) bool { return p.nameless })
		if slices.ContainsFunc(stack, func(p *piece) bool { return p.body.dynamic }) {
			open = append(open, key)
			continue
		}
		j.take(j.resource(key, stack))
	}
	// In order, because variables are evaluated as they are met: where a circle of them is reported must not be chance.
	slices.SortFunc(open, gateway.Key.Compare)
	for _, key := range open {
		j.take(j.resource(key, stacks[key]))
	}
}

// resource returns what one stack of pieces came to. What stands in one layer only and needs nothing is made once for all
// groups.
func (j *job) resource(key gateway.Key, stack []*piece) *built {
	if only := stack[0]; len(stack) == 1 && only.body.done {
		only.once.Do(func() { only.built = build(key, only.body, nil) })
		return only.built
	}
	m := merger{}
	var merged *node
	for _, p := range stack {
		merged = m.merge(merged, j.scope.interpolate(p.body))
	}
	j.faults.Add(m.faults...)
	if m.faults.HasErrors() {
		return &built{}
	}
	if merged.removed {
		j.removed[key] = merged.origin.Pos
		return &built{}
	}
	return build(key, merged, j.values)
}

func (j *job) take(b *built) {
	j.faults.Add(b.faults...)
	j.runtime = j.runtime || b.runtime
	faults := b.verdicts.by(j.set, b.resources)
	for i, resource := range b.resources {
		if faults != nil && faults[i] != nil {
			j.faults.Add(faults[i]...)
			if faults[i].HasErrors() {
				continue
			}
		}
		j.state[resource.Key] = resource
		if len(b.refs[i]) > 0 {
			j.refs[resource.Key] = b.refs[i]
		}
	}
}

// empty refuses a state without resources unless the environment is meant to have none: it would delete everything.
func (j *job) empty() {
	if len(j.state) > 0 || j.env.Empty {
		return
	}
	j.faults.Add(diag.Errorf(j.env.Pos, "empty-environment", "%s has no resources for %s", j.env.Name, j.group).
		WithHint("check extends; an environment that is meant to be empty says empty: true"))
}
