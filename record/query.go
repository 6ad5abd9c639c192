package record

import (
	"cmp"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// Last returns the newest entry of a gateway group, open or finished; false when there is none. As with LastApplied,
// Verified and Outbox, its lists (Changes, Verified, Inventory, Sent, Secrets, Rotated) are left out: Entries reads them.
func (v *View) Last(environment, group string) (Entry, bool) {
	return v.pick(environment, group, func(s *shelf) Entry { return s.last })
}

// LastTurn returns the newest entry of an environment as a whole that is not of a superseded commit: of one that had its turn there.
func (v *View) LastTurn(environment string) (Entry, bool) {
	return v.pick(environment, "", func(s *shelf) Entry { return s.lastTurn })
}

// LastApplied returns the newest entry of a gateway group whose state is applied or unchanged.
func (v *View) LastApplied(environment, group string) (Entry, bool) {
	return v.pick(environment, group, func(s *shelf) Entry { return s.lastApplied })
}

// Verified returns the newest applied entry of a gateway group that wanted this digest and read it back, and whose environment was
// then applied as a whole: an environment is that when all that had to be verified held.
func (v *View) Verified(environment, group, digest string) (Entry, bool) {
	return v.pick(environment, group, func(s *shelf) Entry { return s.verified[digest] })
}

func (v *View) pick(environment, group string, which func(*shelf) Entry) (Entry, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	s := v.shelves[place{environment, group}]
	if s == nil {
		return Entry{}, false
	}
	e := which(s)
	return e, e.ID != 0
}

// Place is what entries are about: a gateway group of an environment, or the environment as a whole.
type Place struct {
	Environment string
	Group       string // empty: the environment as a whole
}

// Places returns what there are entries about, in the order of their first ones.
func (v *View) Places() []Place {
	v.mu.RLock()
	defer v.mu.RUnlock()
	first := func(at place) int64 { return v.shelves[at].slots[0].id }
	var places []Place
	for _, at := range slices.SortedFunc(maps.Keys(v.shelves), func(a, b place) int { return cmp.Compare(first(a), first(b)) }) {
		places = append(places, Place{at.environment, at.group})
	}
	return places
}

// Interrupted returns the entries that had been begun and not finished when the file was read, and still are not: what a
// crash left behind. Finish them.
func (v *View) Interrupted() []Entry {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var left []Entry
	for _, id := range slices.Sorted(maps.Keys(v.open)) {
		if v.found[id] {
			left = append(left, v.open[id])
		}
	}
	return left
}

// Open returns the entries that have been begun and not finished, oldest first: those of a crash, those under way, and those whose
// end could not be written.
func (v *View) Open() []Entry {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return slices.SortedFunc(maps.Values(v.open), func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
}

// Outbox returns the entries whose status is still to be posted, oldest first: for each commit and context only the newest.
func (v *View) Outbox() []Entry {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return slices.SortedFunc(maps.Values(v.outbox), func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Status.Context, b.Status.Context))
	})
}

// Pending reports whether the newest status of a commit under a context, posted or not, is not that of an end.
func (v *View) Pending(commit, context string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.pending[address{commit, context}]
}

// Inventory returns the owned resources of kinds without labels: those of the last finished entry that stated them, and those
// of entries that are still open, because some of their writes may have arrived.
func (v *View) Inventory(environment, group string) []gateway.Key {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var owned []gateway.Key
	if s := v.shelves[place{environment, group}]; s != nil {
		owned = s.inventory
	}
	for _, e := range v.open {
		if placeOf(e) == (place{environment, group}) {
			owned = slices.Concat(owned, e.Inventory)
		}
	}
	return union(owned, nil)
}
