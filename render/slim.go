package render

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// slim drops the nodes below those that are done: most are never merged with anything, and their value and origin say it all.
func (n *node) slim() *node {
	if n.done {
		n.fields, n.items = nil, nil
		return n
	}
	for _, f := range n.fields {
		f.value.slim()
	}
	for _, item := range n.items {
		item.slim()
	}
	return n
}

// entries returns the fields of a map, made anew where they were dropped.
func (n *node) entries() []field {
	value, ok := n.value.(map[string]any)
	if n.fields != nil || !ok {
		return n.fields
	}
	fields := make([]field, 0, len(n.origin.Fields))
	for _, key := range slices.Sorted(maps.Keys(n.origin.Fields)) {
		inner, set := value[key]
		origin := n.origin.Fields[key]
		fields = append(fields, field{key: key, pos: origin.Pos, value: restored(inner, set, origin)})
	}
	return fields
}

// elements returns the items of a list, made anew where they were dropped.
func (n *node) elements() []*node {
	value, ok := n.value.([]any)
	if n.items != nil || !ok {
		return n.items
	}
	items := make([]*node, len(value))
	for i, inner := range value {
		items[i] = restored(inner, true, n.origin.Items[i])
	}
	return items
}

// restored makes the node of a value that was done; one that is not set was removed.
func restored(value any, set bool, origin *gateway.Origin) *node {
	n := &node{value: value, origin: origin, done: true, removed: !set}
	if !set {
		return n
	}
	switch value.(type) {
	case map[string]any:
		n.kind = strictyaml.Map
	case []any:
		n.kind = strictyaml.List
	default:
		n.kind = strictyaml.Scalar
	}
	n.size, n.values = measure(value)
	return n
}

// measure returns about the bytes of the canonical form of a value, and how many values it is.
func measure(value any) (size, values int) {
	size, values = 8, 1
	switch v := value.(type) {
	case string:
		size = len(v) + 2
	case map[string]any:
		size = 2
		for key, inner := range v {
			s, n := measure(inner)
			size, values = size+s+len(key)+4, values+n
		}
	case []any:
		size = 2
		for _, inner := range v {
			s, n := measure(inner)
			size, values = size+s+1, values+n
		}
	}
	return size, values
}
