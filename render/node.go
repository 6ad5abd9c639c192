package render

import (
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// node is a value on its way from a fragment to the state. It is read-only once settle was called and is shared between
// layers, groups and commits.
type node struct {
	kind strictyaml.Kind
	tag  string
	// value is, of a single value, a canonical scalar, a template, a runtime or a broken. Of a map or list it is the
	// canonical value once the node is done.
	value  any
	origin *gateway.Origin // its Fields and Items are filled in once the node is done
	// fields and items are dropped where the node is done and stands in a resource: entries and elements make them again.
	fields []field
	items  []*node
	size   int // about the bytes of the canonical form
	values int // this one and all below
	// done says that nothing below is left to do: no variables, tags, run-time values or faults.
	done    bool
	dynamic bool // whether there are variables below
	removed bool // stands for what !reset removed: it has an origin and no value
}

type field struct {
	key      string
	template template // of a key that holds variables
	pos      diag.Pos
	value    *node
}

// broken is a value that can't be had. The fault is reported only if nothing overrides the value.
type broken diag.Diagnostic

func newScalar(value any, origin *gateway.Origin) *node {
	return (&node{kind: strictyaml.Scalar, value: value, origin: origin}).settle()
}

// settle works out what a new node is from what it holds. It is the last step of making one.
func (n *node) settle() *node {
	n.done, n.values = n.tag == "", 1
	switch n.kind {
	case strictyaml.Map:
		n.settleFields()
	case strictyaml.List:
		n.settleItems()
	default:
		n.settleScalar()
	}
	if n.done {
		n.assemble()
	}
	return n
}

func (n *node) settleScalar() {
	n.size = 8
	switch value := n.value.(type) {
	case string:
		n.size = len(value) + 2
	case template:
		n.done, n.dynamic = false, true
	case runtime:
		n.done, n.size = false, value.size()
	case broken:
		n.done = false
	}
}

func (n *node) settleFields() {
	n.size = 2
	for _, f := range n.fields {
		n.size += f.value.size + len(f.key) + 4
		n.values += f.value.values
		n.done = n.done && f.value.done && f.template == nil
		n.dynamic = n.dynamic || f.value.dynamic || f.template != nil
	}
}

func (n *node) settleItems() {
	n.size = 2
	for _, item := range n.items {
		n.size += item.size + 1
		n.values += item.values
		n.done = n.done && item.done
		n.dynamic = n.dynamic || item.dynamic
	}
}

// assemble makes the canonical value and the origin of a node that is done.
func (n *node) assemble() {
	switch n.kind {
	case strictyaml.Map:
		value := make(map[string]any, len(n.fields))
		n.origin.Fields = make(map[string]*gateway.Origin, len(n.fields))
		for _, f := range n.fields {
			n.origin.Fields[f.key] = f.value.origin
			if !f.value.removed {
				value[f.key] = f.value.value
			}
		}
		n.value = value
	case strictyaml.List:
		value := make([]any, len(n.items))
		n.origin.Items = make([]*gateway.Origin, len(n.items))
		for i, item := range n.items {
			value[i], n.origin.Items[i] = item.value, item.origin
		}
		n.value = value
	}
}

// get returns the value under key, nil when there is none.
func (n *node) get(key string) *node {
	for i := range n.fields {
		if n.fields[i].key == key {
			return n.fields[i].value
		}
	}
	return nil
}

func (n *node) isBroken() bool {
	_, is := n.value.(broken)
	return is
}

// unknown reports whether the shape of the value can't be told yet, or not at all.
func (n *node) unknown() bool {
	_, open := n.value.(template)
	return open || n.isBroken()
}

// over returns n as the value that overrides another.
func (n *node) over(was *gateway.Origin) *node {
	copied, origin := *n, *n.origin
	origin.Was = shallow(was)
	copied.origin = &origin
	return &copied
}

// keyed returns n as the value under a key that holds variables.
func (n *node) keyed(key string) *node {
	copied, origin := *n, *n.origin
	origin.Key = key
	copied.origin = &origin
	return &copied
}

// shallow drops what lies below an origin: of what was overridden, the place and the text are enough.
func shallow(o *gateway.Origin) *gateway.Origin {
	if o == nil || (o.Fields == nil && o.Items == nil) {
		return o
	}
	return &gateway.Origin{Pos: o.Pos, Was: o.Was, Text: o.Text}
}
