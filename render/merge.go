package render

import (
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// merger lays values over each other and collects what can't be.
type merger struct{ faults diag.List }

// merge returns upper laid over lower, which is nil when nothing is inherited. Neither is changed.
func (m *merger) merge(lower, upper *node) *node {
	switch {
	case upper.tag == strictyaml.Reset:
		return m.reset(lower, upper)
	case lower == nil:
		return m.alone(upper)
	case lower.removed || upper.tag == strictyaml.Override || lower.unknown() || upper.unknown():
		return m.alone(upper).over(lower.origin)
	case lower.kind != upper.kind:
		m.faults.Add(diag.Errorf(upper.origin.Pos, "type-conflict", "%s stands over %s", upper.kind, lower.kind).
			WithHint("write !override before the value to replace what is inherited").WithAlso(lower.origin.Pos, "overrides"))
		return m.alone(upper).over(lower.origin)
	case upper.kind == strictyaml.Map:
		return m.maps(lower, upper)
	case upper.tag == strictyaml.Append:
		return m.lists(lower, upper)
	}
	return m.alone(upper).over(lower.origin)
}

// reset returns what stands for a removed value.
func (m *merger) reset(lower, upper *node) *node {
	origin := &gateway.Origin{Pos: upper.origin.Pos, Text: strictyaml.Reset}
	if lower == nil || lower.removed {
		m.faults.Add(diag.Warningf(upper.origin.Pos, "nothing-to-reset", "!reset removes nothing: nothing is inherited here").
			WithHint("remove the line, or check the name"))
	}
	if lower != nil {
		origin.Was = withoutText(lower.origin)
	}
	return &node{removed: true, done: true, origin: origin}
}

// withoutText drops the texts of what was removed: there is no value left that could say whether they are secret.
func withoutText(o *gateway.Origin) *gateway.Origin {
	if o == nil {
		return nil
	}
	return &gateway.Origin{Pos: o.Pos, Was: withoutText(o.Was)}
}

// alone returns a value that nothing lies under, without its tags.
func (m *merger) alone(n *node) *node {
	if n.done {
		return n
	}
	made := &node{kind: n.kind, value: n.value, origin: bareOrigin(n)}
	for _, f := range n.fields {
		f.value = m.merge(nil, f.value)
		made.fields = append(made.fields, f)
	}
	for _, item := range n.items {
		made.items = append(made.items, m.alone(item))
	}
	return made.settle()
}

func bareOrigin(n *node) *gateway.Origin {
	return &gateway.Origin{Pos: n.origin.Pos, Text: n.origin.Text, Key: n.origin.Key, Was: n.origin.Was}
}

func (m *merger) maps(lower, upper *node) *node {
	made := &node{kind: strictyaml.Map, origin: &gateway.Origin{Pos: upper.origin.Pos, Key: upper.origin.Key, Was: shallow(lower.origin)}}
	inherits, sets := lower.entries(), upper.entries()
	made.fields = make([]field, len(inherits), len(inherits)+len(sets))
	copy(made.fields, inherits)
	index := make(map[string]int, len(inherits))
	for i, f := range inherits {
		index[f.key] = i
	}
	for _, f := range sets {
		if i, inherited := index[f.key]; inherited {
			f.value = m.merge(inherits[i].value, f.value)
			made.fields[i] = f
			continue
		}
		f.value = m.merge(nil, f.value)
		made.fields = append(made.fields, f)
	}
	return made.settle()
}

func (m *merger) lists(lower, upper *node) *node {
	made := &node{kind: strictyaml.List, origin: &gateway.Origin{Pos: upper.origin.Pos, Was: shallow(lower.origin)}}
	made.items = append(made.items, lower.elements()...)
	for _, item := range upper.elements() {
		made.items = append(made.items, m.alone(item))
	}
	return made.settle()
}
