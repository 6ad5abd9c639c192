package render

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// floor is what the lower layers of a gateway group come to where they need neither variables nor run-time values: the same for
// every group that inherits them, and made once. It is read-only once made.
type floor struct {
	set     *schema.Set
	stacks  map[gateway.Key][]*piece
	settled map[gateway.Key]*settled // of the stacks that need nothing
	open    []gateway.Key            // the stacks that need something of the group, in order
	blind   bool                     // the id of some stack is encrypted and not known here
	state   gateway.State
	keys    []gateway.Key             // of the state, in order
	lines   [][]byte                  // what they add to the digest
	faults  map[gateway.Key]diag.List // of the settled stacks
	unmet   []tie                     // what dangles unless the layers above define it
	budget  budget                    // what it has taken
	watched
}

// tie is a hard reference and who makes it.
type tie struct {
	stack, from gateway.Key // they differ for credentials, which stand inside their consumer
	ref         gateway.Ref
}

// layFloor makes the floor of some layers. A gateway that takes less than another one has a floor of its own.
func layFloor(layers []*layer, set *schema.Set, limits limits) *floor {
	f := &floor{set: set, stacks: stacksOf(layers), faults: map[gateway.Key]diag.List{}, budget: budget{limits: limits}}
	if f.budget.names(len(f.stacks)); f.budget.spent {
		return f
	}
	f.settled = make(map[gateway.Key]*settled, len(f.stacks))
	f.state = make(gateway.State, len(f.stacks))
	for key, stack := range f.stacks {
		f.blind = f.blind || nameless(stack)
		s := settle(key, stack, limits)
		if s == nil {
			f.open = append(f.open, key)
			continue
		}
		f.settled[key] = s
		if f.budget.takes(s.cost); f.budget.spent {
			return f
		}
		if faults := s.built.into(f.state, set); len(faults) > 0 {
			f.faults[key] = faults
		}
	}
	slices.SortFunc(f.open, gateway.Key.Compare)
	f.unmet = slices.DeleteFunc(f.references(), func(r tie) bool { return f.has(r.ref.To) })
	f.sum()
	f.watched = watch(f)
	return f
}

// stacksOf gathers what layers say about each resource, the lowest layer first.
func stacksOf(layers []*layer) map[gateway.Key][]*piece {
	if len(layers) == 0 {
		return nil
	}
	stacks := make(map[gateway.Key][]*piece, len(layers[0].pieces))
	for _, l := range layers {
		for key, p := range l.pieces {
			if below := stacks[key]; below != nil {
				stacks[key] = append(below, p)
			} else {
				stacks[key] = []*piece{p}
			}
		}
	}
	return stacks
}

func nameless(stack []*piece) bool {
	return slices.ContainsFunc(stack, func(p *piece) bool { return p.nameless })
}

// has reports whether the layers of the floor define a resource, be it with faults of its own.
func (f *floor) has(key gateway.Key) bool {
	return f.stacks[key] != nil && (f.settled[key] == nil || !f.settled[key].removed)
}

// references returns the hard references of all that is settled.
func (f *floor) references() []tie {
	var all []tie
	for key, s := range f.settled {
		all = append(all, s.built.references(key, f.state)...)
	}
	return all
}

// faultsBut returns the faults of the settled stacks that the layers above say nothing about.
func (f *floor) faultsBut(above map[gateway.Key][]*piece) diag.List {
	var faults diag.List
	for key, found := range f.faults {
		if above[key] == nil {
			faults.Add(found...)
		}
	}
	return faults
}

// under returns the state of the floor without what the layers above speak of, in a map of the caller's own.
func (f *floor) under(above map[gateway.Key][]*piece) gateway.State {
	state := maps.Clone(f.state)
	for key := range f.hidden(above) {
		delete(state, key)
	}
	return state
}

// standsOn counts what a group inherits from a floor.
func (j *job) standsOn(f *floor) {
	if f.budget.spent {
		j.budget.exceed(f.budget.what)
	}
	resources := len(f.stacks)
	for key := range j.above {
		if f.stacks[key] == nil {
			resources++
		}
	}
	j.budget.names(resources)
	j.budget.takes(f.budget.cost)
}
