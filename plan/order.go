package plan

import (
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// order puts the changes into steps (docs/decisions/0003-steps-with-barriers.md and 0009-detours.md). Between two steps every instance
// must have taken the first. Most plans have few of them:
//
//	expand    widen     lists of names that are about to change (names.go)
//	          release   what holds a global plugin that something else is about to take (claims.go)
//	          create    what others refer to, and copies for detours (detour.go); it takes no traffic yet
//	          identify  release and take keys, update consumers and credentials (identify.go)
//	          protect   global rules that gain a plugin while something else loses one (protect.go)
//	          bridge    routes that carry traffic while it moves between routes (bridge.go)
//	          turn      what goes by a detour is pointed at the copies
//	          leave     what no longer needs the old form of what is about to change (schedule.go)
//	          share     update what others refer to, in place
//	          lose      the same for what loses something that others have gained by now
//	          join      what may not meet the old form of what has changed by now
//	switch    create    routes
//	          update    routes
//	          create and update global rules
//	contract  delete    routes, and what an update in two parts kept until now (inpart.go)
//	          delete    global rules and bridges
//	          drop      what lingered on updated resources (linger.go)
//	          delete    the rest, which nothing refers to any more
//
// From the first step on that moves traffic, as leave does, the phase is switch.
func (d *diff) order() []Step {
	released, takers := d.releases()
	kept := d.keepCredentials()
	lingering := lingering{}
	widened := d.widen(lingering)
	introduced := d.introduce(takers)
	schedule := d.schedule()
	detours := d.detours(schedule)
	bridges := d.bridges(schedule)
	certificates, served := d.handshakes()
	portions := d.portions(bridges.need(d.updates), slices.Concat(released, kept.freed), lingering, schedule)
	updates := byStage(portions.first, schedule)
	newOther, newTraffic := split(d.creates, isShared)
	newOther, updates[identifying] = identifyLater(newOther, slices.Concat(updates[identifying], kept.raise), takers)
	newRoutes, newRules := split(newTraffic, isRoute)
	protecting, rules := d.early(slices.Concat(newRules, updates[ruling]))

	var steps steps
	freed, released := split(portions.released, isIdentity)
	steps.add(Expand, widened)
	steps.add(Expand, introduced)
	steps.add(Expand, released)
	created := slices.Concat(newOther, detours.copies.raise, bridges.copies.raise, certificates)
	steps.add(Expand, created)
	steps.identify(freed, updates[identifying], created)
	steps.add(Expand, protecting)
	for _, narrower := range bridges.raise {
		steps.add(Expand, narrower)
	}
	steps.add(Expand, detours.turn)
	steps.add(Switch, updates[leaving])
	created = slices.Concat(created, protecting, slices.Concat(bridges.raise...))
	apart := len(detours.turn)+len(updates[leaving]) > 0 || len(created)+len(updates[identifying]) == 0
	steps.addShared(detours.hold(updates), created, apart, slices.ContainsFunc(portions.last, movesTraffic))
	steps.add(Switch, newRoutes)
	waits := len(newRoutes) == 0 || d.contend(newRoutes, updates[moving])
	steps.addAfter(Switch, updates[moving], func(c Change) bool { return waits || d.movesMatch(c) })
	steps.add(Switch, rules)
	steps.contract(d.deletes, portions.last, bridges.lower, slices.Concat(portions.dropped, kept.lower, detours.copies.lower, bridges.copies.lower, served))
	return steps.sealed()
}

func byStage(updates []Change, s *schedule) map[stage][]Change {
	found := map[stage][]Change{}
	for _, c := range updates {
		found[s.stages[c.Key]] = append(found[s.stages[c.Key]], c)
	}
	return found
}

// movesTraffic reports whether the last part of an update belongs to one whose first part took requests away from somewhere.
func movesTraffic(c Change) bool { return upstreamOf(*c.New) != nil && !isRoute(c) }

// addShared adds the updates of what others refer to. They save a barrier where none of them must wait for what was created, and nothing
// else keeps them apart from the step before.
func (s *steps) addShared(updates map[stage][]Change, created []Change, apart, drains bool) {
	phase := Expand
	if drains || len(updates[leaving]) > 0 {
		phase = Switch
	}
	needs := refersTo(created)
	identities := slices.ContainsFunc(slices.Concat(created, updates[identifying]), isIdentity)
	mustWait := func(c Change) bool {
		return apart || needs(c) || identities && (c.Key.Kind == gateway.ConsumerGroups || c.asksForMore() || c.givesUp())
	}
	for _, stage := range []stage{sharing, losing, joining} {
		changes := updates[stage]
		if len(changes) == 0 {
			continue
		}
		s.addAfter(phase, changes, mustWait)
		mustWait = func(Change) bool { return true }
	}
}

func isIdentity(c Change) bool {
	return c.Key.Kind == gateway.Consumers || c.Key.Kind == gateway.Credentials
}

// givesUp reports whether a change takes a plugin away that keeps requests out: what takes its place must be there before.
func (c Change) givesUp() bool {
	lost := lostPlugins(c.Old.Spec, c.New.Spec)
	return slices.ContainsFunc(lost, func(name string) bool { return slices.Contains(protective, name) })
}

// asksForMore reports whether a change brings a plugin that keeps requests out: who may pass must be known before.
func (c Change) asksForMore() bool {
	return slices.ContainsFunc(c.gained(), func(name string) bool { return slices.Contains(protective, name) })
}

// contract adds the deletes, from what takes traffic down to what is referred to, and the last parts of updates. What goes with the rest
// are the copies, and what lingered until now.
func (s *steps) contract(deletes, last []Change, bridges [][]Change, rest []Change) {
	routes, others := split(deletes, isRoute)
	rules, others := split(others, isTraffic)
	others = append(others, rest...)
	if len(routes) == 0 && len(bridges) > 0 {
		routes, bridges = bridges[0], bridges[1:] // else a route that goes could answer what its bridge still carries
	}
	s.add(Contract, slices.Concat(routes, last))
	for _, wider := range bridges {
		s.add(Contract, wider)
	}
	if slices.ContainsFunc(rules, needsOne(others)) {
		s.add(Contract, rules)
		rules = nil
	}
	leaving, others := leavers(others)
	if len(leaving) > 0 {
		s.add(Contract, slices.Concat(rules, leaving))
		rules = nil
	}
	s.add(Contract, slices.Concat(rules, others))
}

// needsOne returns a test for global rules that work by one of the resources that go: by its name, or by what it lets in.
func needsOne(others []Change) func(Change) bool {
	gone := map[gateway.Key]bool{}
	for _, c := range others {
		gone[c.Key] = true
	}
	identities := slices.ContainsFunc(others, isIdentity)
	return func(c Change) bool {
		return identities || slices.ContainsFunc(gateway.Refs(*c.Old), func(ref gateway.Ref) bool { return gone[ref.To] })
	}
}

func isTraffic(c Change) bool { return c.Key.Kind.TakesTraffic() }

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
		return slices.ContainsFunc(c.Needs, func(key gateway.Key) bool { return isNew[key] }) ||
			slices.ContainsFunc(gateway.Refs(*c.New), func(ref gateway.Ref) bool { return isNew[ref.To] })
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
