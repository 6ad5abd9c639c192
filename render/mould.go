package render

import (
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// mould is a resource as it came out for one gateway group, in which only some texts are of that group. Those of another one are put in
// their places: all else, the places in files, the references and what the schemas say stay the same.
type mould struct {
	below    []*piece
	set      *schema.Set
	leaves   []*node // the texts with variables in the stack, in the order in which they are evaluated
	first    cast
	last     cast // of the group that came last: those of one environment often have the same texts
	holes    []hole
	latitude *schema.Latitude
	refs     [][]gateway.Ref
	line     lineMould
	cost     cost
}

// cast is what some texts came to.
type cast struct {
	texts    []string
	resource gateway.Resource
	line     []byte // what it adds to the digest
}

// hole is a place of a resource that a text stands in.
type hole struct {
	leaf int
	at   gateway.Path
}

// mouldOf makes a mould of what a stack came to with some texts; nil when more than those texts depends on the group.
func mouldOf(stack []*piece, set *schema.Set, leaves []*node, texts []string, b *built, spent cost) *mould {
	if b.runtime || len(b.faults) > 0 || len(b.resources) != 1 || slices.ContainsFunc(texts, isNamed) {
		return nil
	}
	r := b.resources[0]
	m := &mould{below: stack[:len(stack)-1], set: set, leaves: leaves, first: cast{texts, r, r.AppendLine(nil)}, refs: b.refs, cost: spent}
	if r.Key.Kind == gateway.SSLs || !m.find(r.Spec, r.Origin, nil) || !m.whole() || !m.open() {
		return nil
	}
	places := make([]gateway.Path, len(m.holes))
	for i, h := range m.holes {
		places[i] = h.at
	}
	var ok bool
	if m.latitude, ok = set.Latitude(r, places); !ok {
		return nil
	}
	m.line = m.cutLine()
	b.verdicts.said = []verdict{{set: set}}
	m.last = m.first
	return m
}

// isNamed reports whether a text may be the gateway's own reference, or a name that is left out.
func isNamed(text string) bool { return text == "" || strings.HasPrefix(text, "$") }

// find looks for the texts of the leaves, each by the place that it is written at. It reports false where another value stands there.
func (m *mould) find(v any, origin *gateway.Origin, at gateway.Path) bool {
	if origin == nil {
		return true
	}
	if leaf := slices.IndexFunc(m.leaves, func(n *node) bool { return n.origin.Pos == origin.Pos }); leaf >= 0 {
		m.holes = append(m.holes, hole{leaf, at})
		return v == any(m.first.texts[leaf])
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(origin.Fields)) {
			if value, set := v[key]; set && !m.find(value, origin.Fields[key], at.With(gateway.Field(key))) {
				return false
			}
		}
	case []any:
		for i, value := range v {
			if i < len(origin.Items) && !m.find(value, origin.Items[i], at.With(gateway.Item(i))) {
				return false
			}
		}
	}
	return true
}

// whole reports whether every text came into the resource: one that did not may decide about something else.
func (m *mould) whole() bool {
	for leaf := range m.leaves {
		if !slices.ContainsFunc(m.holes, func(h hole) bool { return h.leaf == leaf }) {
			return false
		}
	}
	return true
}

// open reports whether other texts in the holes leave alone what is found out about a resource by itself: what it refers to, what is
// secret in it, and whose it is.
func (m *mould) open() bool {
	texts := make([]string, len(m.leaves))
	for i := range texts {
		texts[i] = "x"
	}
	other := gateway.Resource{Key: m.first.resource.Key, Spec: m.spec(texts)}
	if !slices.EqualFunc(gateway.Refs(other), m.refs[0], sameRef) {
		return false
	}
	sealed := gateway.Seal(other.Key, other.Spec)
	for _, h := range m.holes {
		if plain := valueAt(sealed, h.at); plain != any("x") || judgedByText(h.at) {
			return false
		}
	}
	return true
}

func sameRef(a, b gateway.Ref) bool {
	return a.To == b.To && a.Soft == b.Soft && slices.Equal(a.Path, b.Path)
}

// judgedByText reports whether more than the schemas and the references depends on the text at a place.
func judgedByText(at gateway.Path) bool {
	last := at[len(at)-1]
	return at[0].Key == "labels" && last.Key == gateway.ManagedBy || last.Key == "type" && at[0].Key == "plugins" ||
		slices.Contains(at, gateway.Field("tls")) || slices.Contains(at, gateway.Field("_meta"))
}

func valueAt(v any, at gateway.Path) any {
	for _, step := range at {
		if step.Field {
			m, _ := v.(map[string]any)
			v = m[step.Key]
		} else if list, _ := v.([]any); step.Index < len(list) {
			v = list[step.Index]
		}
	}
	return v
}

// spec returns the body with other texts in the holes.
func (m *mould) spec(texts []string) map[string]any {
	spec := any(m.first.resource.Spec)
	for _, h := range m.holes {
		spec = put(spec, h.at, texts[h.leaf])
	}
	return spec.(map[string]any)
}

// put returns a value with a text at a place, copying what is on the way.
func put(v any, at gateway.Path, text string) any {
	if len(at) == 0 {
		return text
	}
	switch v := v.(type) {
	case map[string]any:
		copied := maps.Clone(v)
		copied[at[0].Key] = put(v[at[0].Key], at[1:], text)
		return copied
	case []any:
		copied := slices.Clone(v)
		copied[at[0].Index] = put(v[at[0].Index], at[1:], text)
		return copied
	}
	return v
}

// fill returns the resource with other texts; false where they may change more than themselves.
func (m *mould) fill(texts []string) (cast, bool) {
	for _, known := range []cast{m.last, m.first} {
		if slices.Equal(texts, known.texts) {
			return known, true
		}
	}
	inHoles := make([]string, len(m.holes))
	for i, h := range m.holes {
		inHoles[i] = texts[h.leaf]
	}
	if slices.ContainsFunc(texts, isNamed) || !m.latitude.Takes(inHoles) {
		return cast{}, false
	}
	r := m.first.resource
	r.Spec = m.spec(texts)
	m.last = cast{texts, r, m.line.fill(r, inHoles)}
	return m.last, true
}
