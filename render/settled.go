package render

import (
	"maps"
	"slices"
	"sync"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// settled is what a stack of pieces comes to that needs nothing of a gateway group.
type settled struct {
	below   []*piece
	built   *built
	removed bool     // by !reset
	pos     diag.Pos // where it was removed
	cost    cost
}

// memory is what a piece came to on top of others: one piece lies over the same ones in most groups, and in most commits.
type memory struct {
	mu      sync.Mutex
	known   []*settled
	moulds  []*mould
	origins []*gateway.Origin // of what was made last with the variables of a group
}

// mostSettled is how many outcomes a piece remembers. More than one is needed only where it lies over layers at several pins.
const mostSettled = 4

// settle returns what a stack comes to, from memory where it can. It is nil when the stack needs variables or run-time values.
func settle(key gateway.Key, stack []*piece, limits limits) *settled {
	if slices.ContainsFunc(stack, func(p *piece) bool { return p.body.dynamic }) {
		return nil
	}
	top, below := stack[len(stack)-1], stack[:len(stack)-1]
	top.memory.mu.Lock()
	defer top.memory.mu.Unlock()
	for _, s := range top.memory.known {
		if slices.Equal(s.below, below) {
			return s
		}
	}
	s := makeSettled(key, stack, limits)
	if s != nil {
		s.below = below
		top.memory.known = append(top.memory.known[max(0, len(top.memory.known)+1-mostSettled):], s)
	}
	return s
}

func makeSettled(key gateway.Key, stack []*piece, limits limits) *settled {
	m, b := merger{}, budget{limits: limits}
	merged := b.merge(&m, key, stack, func(n *node) *node { return n })
	if merged == nil || m.faults.HasErrors() {
		return &settled{built: &built{faults: m.faults}, cost: b.cost}
	}
	if merged.removed {
		return &settled{built: &built{faults: m.faults}, removed: true, pos: merged.origin.Pos, cost: b.cost}
	}
	if !merged.done {
		return nil
	}
	b.builds(merged)
	made := build(key, merged, nil)
	made.faults = slices.Concat(m.faults, made.faults)
	for _, r := range made.resources {
		made.lines = append(made.lines, r.AppendLine(nil))
	}
	return &settled{built: made, cost: b.cost}
}

// share lets what was made with the variables of one group have its origins in common with that of the others: they differ in values.
func (m *memory) share(b *built) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.origins) != len(b.resources) {
		m.origins = make([]*gateway.Origin, len(b.resources))
	}
	for i, r := range b.resources {
		if sameOrigin(m.origins[i], r.Origin) {
			b.resources[i].Origin = m.origins[i]
		} else {
			m.origins[i] = r.Origin
		}
	}
}

// sameOrigin reports whether two origins say the same.
func sameOrigin(a, b *gateway.Origin) bool {
	if a == b || a == nil || b == nil {
		return a == b
	}
	return a.Pos == b.Pos && a.Text == b.Text && a.Key == b.Key && sameOrigin(a.Was, b.Was) &&
		maps.EqualFunc(a.Fields, b.Fields, sameOrigin) && slices.EqualFunc(a.Items, b.Items, sameOrigin)
}

// into adds the resources that a set of schemas lets pass to a state, and returns the faults of all.
func (b *built) into(state gateway.State, set *schema.Set) diag.List {
	all := slices.Clip(b.faults)
	faults := b.verdicts.by(set, b.resources)
	for i, resource := range b.resources {
		if faults != nil && faults[i] != nil {
			all = append(all, faults[i]...)
			if faults[i].HasErrors() {
				continue
			}
		}
		state[resource.Key] = resource
	}
	return all
}

// references returns the hard references of the resources that reached a state.
func (b *built) references(stack gateway.Key, state gateway.State) []tie {
	var all []tie
	for i, r := range b.resources {
		if _, ok := state[r.Key]; !ok {
			continue
		}
		for _, ref := range b.refs[i] {
			if !ref.Soft {
				all = append(all, tie{stack, r.Key, ref})
			}
		}
	}
	return all
}
