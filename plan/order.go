package plan

import (
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// order puts the changes into steps (docs/decisions/0003-steps-with-barriers.md). Between two steps every instance must have taken
// the first:
//
//	expand    release  what holds a key or a plugin that something else is about to take (claims.go); rarely there
//	          create   what others refer to; it takes no traffic yet
//	          protect  global rules that gain a plugin while something else loses one (widen.go); rarely there
//	          bridge   routes that carry traffic while it moves between routes (bridge.go); rarely there
//	          update   what others refer to, in place; it may refer to what was created, and keeps what is still needed (widen.go)
//	switch    create   routes
//	          update   routes
//	          create and update global rules
//	contract  delete   routes and bridges
//	          narrow   what kept something for the routes (widen.go); rarely there
//	          delete   the rest, which nothing refers to any more
func (d *diff) order() []Step {
	released := d.releases()
	bridges := d.bridges()
	createdOther, createdTraffic := split(d.creates, isShared)
	updatedOther, updatedTraffic := split(bridges.need(d.updates), isShared)
	updatedOther, narrowed := d.widen(updatedOther)
	newRoutes, newRules := split(createdTraffic, isRoute)
	routes, rules := split(updatedTraffic, isRoute)
	protecting, rules := d.early(slices.Concat(newRules, rules))
	goneRoutes, goneOther := split(d.deletes, isRoute)

	var steps steps
	steps.add(Expand, released)
	steps.add(Expand, createdOther)
	steps.add(Expand, protecting)
	steps.add(Expand, bridges.raise)
	created := slices.Concat(createdOther, protecting, bridges.raise)
	mustWait := refersTo(created)
	steps.addAfter(Expand, updatedOther, func(c Change) bool { return len(created) == 0 || mustWait(c) })
	steps.add(Switch, newRoutes)
	steps.addAfter(Switch, routes, d.movesMatch)
	steps.add(Switch, rules)
	steps.add(Contract, slices.Concat(goneRoutes, bridges.lower))
	steps.add(Contract, narrowed)
	steps.add(Contract, goneOther)
	return steps.sealed()
}

func isShared(c Change) bool { return !c.Key.Kind.TakesTraffic() }
func isRoute(c Change) bool {
	return c.Key.Kind == gateway.Routes || c.Key.Kind == gateway.StreamRoutes
}

func split(changes []Change, first func(Change) bool) (yes, no []Change) {
	for _, change := range changes {
		if first(change) {
			yes = append(yes, change)
		} else {
			no = append(no, change)
		}
	}
	return yes, no
}

// refersTo returns a test for changes that need one of those created: they refer to it, or take away what it bridges or protects.
func refersTo(created []Change) func(Change) bool {
	isNew := map[gateway.Key]bool{}
	carries := false
	for _, change := range created {
		isNew[change.Key] = true
		carries = carries || change.Key.Kind.TakesTraffic()
	}
	if carries {
		return func(Change) bool { return true }
	}
	return func(c Change) bool {
		return slices.ContainsFunc(gateway.Refs(*c.New), func(ref gateway.Ref) bool { return isNew[ref.To] })
	}
}

type steps []Step

func (s *steps) add(phase Phase, changes []Change) {
	if len(changes) == 0 {
		return
	}
	for i := range changes {
		changes[i].Phase = phase
	}
	slices.SortStableFunc(changes, func(a, b Change) int { return a.Key.Compare(b.Key) })
	*s = append(*s, Step{Phase: phase, Changes: changes, Barrier: true})
}

// addAfter joins the changes to the step before, which saves a barrier, unless one of them must come after it.
func (s *steps) addAfter(phase Phase, changes []Change, mustWait func(Change) bool) {
	last := len(*s) - 1
	if last < 0 || (*s)[last].Phase != phase || slices.ContainsFunc(changes, mustWait) {
		s.add(phase, changes)
		return
	}
	joined := slices.Concat((*s)[last].Changes, changes)
	*s = (*s)[:last]
	s.add(phase, joined)
}

// sealed drops the barrier after a last step that only deletes: nothing waits for it.
func (s steps) sealed() []Step {
	if last := len(s) - 1; last >= 0 {
		s[last].Barrier = slices.ContainsFunc(s[last].Changes, func(c Change) bool { return c.Op != Delete })
	}
	return s
}
