package plan

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// identifyLater takes the consumers and credentials out of what is created that must come after the rest: what they work by must be there
// before them, and what takes a claim comes right after what let go of it.
func identifyLater(created, updates []Change, takers map[gateway.Key]bool) (rest, later []Change) {
	identities, rest := split(created, isIdentity)
	needs := refersTo(rest)
	if !slices.ContainsFunc(identities, func(c Change) bool { return takers[c.Key] || needs(c) }) {
		return created, updates
	}
	return rest, slices.Concat(identities, updates)
}

// identify adds what says who callers are. Between what lets go of an identity and what takes it nothing waits: it has no holder.
func (s *steps) identify(freed, updates, created []Change) {
	if len(freed) == 0 {
		s.addAfter(Expand, updates, func(c Change) bool { return len(created) == 0 || refersTo(created)(c) })
		return
	}
	s.add(Expand, freed)
	(*s)[len(*s)-1].Barrier = len(updates) == 0
	s.add(Expand, updates)
}

// leavers takes the consumers and credentials that go, and what drops plugins, out of the last changes when one of them works by what is
// deleted there.
func leavers(changes []Change) (first, rest []Change) {
	gone := map[gateway.Key]bool{}
	for _, c := range changes {
		gone[c.Key] = c.Op == Delete && !isIdentity(c)
	}
	works := func(c Change) bool {
		return slices.ContainsFunc(gateway.Refs(*c.Old), func(ref gateway.Ref) bool { return !ref.Soft && gone[ref.To] })
	}
	leaves := func(c Change) bool { return isIdentity(c) || c.Op == Update }
	if !slices.ContainsFunc(changes, func(c Change) bool { return leaves(c) && works(c) }) {
		return nil, changes
	}
	return split(changes, leaves)
}

// introduce returns what makes consumers known by what is new first, where their groups change too: the rest of their update may then come
// later than what asks for it. From then on live is what the gateway has after these updates.
func (d *diff) introduce(takers map[gateway.Key]bool) []Change {
	changes := map[gateway.Key]bool{}
	for _, c := range d.updates {
		changes[c.Key] = true
	}
	var introduced []Change
	live := maps.Clone(d.live)
	for i, c := range d.updates {
		known := lingering{}
		for _, name := range lostPlugins(c.New.Spec, c.Old.Spec) {
			if authKeys[name] != "" {
				known.add(c.Key, name, c.New.Spec["plugins"].(map[string]any)[name])
			}
		}
		grouped := changes[groupOf(*c.Old)] || changes[groupOf(*c.New)]
		if c.Key.Kind != gateway.Consumers || c.Op != Update || takers[c.Key] || !grouped || len(known) == 0 {
			continue
		}
		middle := known.with(*c.Old)
		introduced = append(introduced, Change{Op: Update, Key: c.Key, Old: c.Old, New: &middle, Fields: fields(c.Old, &middle),
			Why: "is known by what is new before anything asks for it"})
		d.updates[i].Old, d.updates[i].Fields = &middle, fields(&middle, c.New)
		live[c.Key] = middle
	}
	d.live = live
	return introduced
}
