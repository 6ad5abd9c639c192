package render

import (
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

const (
	// mostMoulds is how many moulds a piece remembers, for the layers that it lies over and the schemas that it is checked by.
	mostMoulds = 4
	// What varies in more than so many texts, parts of one text or bytes of one is made anew for each group.
	mostLeaves, mostParts, mostPlain = 16, 32, 4 << 10
)

// mouldFor returns the mould of a stack with this piece on top, nil when there is none.
func (m *memory) mouldFor(below []*piece, set *schema.Set) *mould {
	for _, known := range m.moulds {
		if known.set == set && slices.Equal(known.below, below) {
			return known
		}
	}
	return nil
}

// cast makes a resource of a stack from its mould; nil when there is no mould that fits.
func (j *job) cast(stack []*piece) *built {
	top, below := stack[len(stack)-1], stack[:len(stack)-1]
	top.memory.mu.Lock()
	defer top.memory.mu.Unlock()
	m := top.memory.mouldFor(below, j.set)
	if m == nil {
		return nil
	}
	texts, size, ok := j.scope.plainTexts(m.leaves)
	if !ok || m.cost.bytes+size > maxBody || j.scope.left < size {
		return nil
	}
	made, ok := m.fill(texts)
	if !ok {
		return nil
	}
	j.scope.left -= size
	j.budget.takes(m.costWith(texts))
	return &built{
		resources: []gateway.Resource{made.resource}, refs: m.refs, lines: [][]byte{made.line}, verdicts: verdicts{said: []verdict{{set: j.set}}},
	}
}

// costWith is what the making of the resource takes with other texts.
func (m *mould) costWith(texts []string) cost {
	longer := 0
	for i, text := range texts {
		longer += len(text) - len(m.first.texts[i])
	}
	return cost{merging: m.cost.merging + longer*(len(m.below)+1), bytes: m.cost.bytes + longer, made: m.cost.made}
}

// mould keeps what a stack came to for other groups.
func (j *job) mould(stack []*piece, b *built, spent cost) {
	leaves, ok := leavesOf(stack)
	if !ok {
		return
	}
	texts, _, ok := j.scope.plainTexts(leaves)
	if !ok {
		return
	}
	m := mouldOf(stack, j.set, leaves, texts, b, spent)
	if m == nil {
		return
	}
	memory := &stack[len(stack)-1].memory
	memory.mu.Lock()
	defer memory.mu.Unlock()
	if memory.mouldFor(m.below, m.set) == nil {
		memory.moulds = append(memory.moulds[max(0, len(memory.moulds)+1-mostMoulds):], m)
	}
}

// leavesOf returns the texts with variables in a stack. It reports false when a key holds variables, and when there are too many.
func leavesOf(stack []*piece) (leaves []*node, ok bool) {
	ok = true
	var walk func(n *node)
	walk = func(n *node) {
		if !n.dynamic || !ok {
			return
		}
		if t, open := n.value.(template); open {
			leaves = append(leaves, n)
			ok = len(t) <= mostParts && len(leaves) <= mostLeaves
		}
		for _, item := range n.items {
			walk(item)
		}
		for _, f := range n.fields {
			ok = ok && f.template == nil
			walk(f.value)
		}
	}
	for _, p := range stack {
		walk(p.body)
	}
	return leaves, ok
}

// plainTexts evaluates leaves, and returns how many bytes that puts into texts. It reports false where one comes to anything but a text.
func (s *scope) plainTexts(leaves []*node) (texts []string, size int, ok bool) {
	unknowns := s.unknowns
	texts = make([]string, len(leaves))
	for i, n := range leaves {
		text, plain := s.plainText(n.value.(template), n)
		if !plain {
			s.unknowns = unknowns // whoever evaluates it in earnest counts
			return nil, 0, false
		}
		texts[i], size = text, size+len(text)
	}
	return texts, size, true
}

func (s *scope) plainText(t template, n *node) (string, bool) {
	if len(t) == 1 && t[0].kind == variable {
		found, fault := s.lookup(t[0].path, n.origin.Pos)
		if fault != nil {
			return "", false
		}
		text, isText := found.value.(string)
		return text, isText && !found.removed && found.origin.Key == "" && len(text) <= mostPlain
	}
	var b []byte
	for _, p := range t {
		parts, fault := s.part(p, n)
		if fault != nil || len(parts) != 1 || parts[0].kind != literal || len(b)+len(parts[0].text) > mostPlain {
			return "", false
		}
		b = append(b, parts[0].text...)
	}
	return string(b), true
}
