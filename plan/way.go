package plan

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// way says what is answered on the way from live to desired.
type way struct {
	before coverage // by live
	after  coverage // by desired
	steps  []passage
}

// The steps that move traffic.
const (
	inheriting = iota // services and what else others refer to are updated, and what leaves them before
	coming            // routes are created
	changing          // routes are updated
	going             // routes are deleted
)

// passage is one step that moves matches: every route is there in one of its forms, each by itself.
type passage struct {
	forms coverage
	of    map[gateway.Key]int // how many forms a route may have in the step, its absence included
}

// form is a route as it may stand at some time in a step.
type form struct {
	route gateway.Resource
	old   bool        // who asks it meets what it met before
	next  bool        // who asks it meets what it will meet in the end
	final gateway.Key // of what stands in for another route: which one
}

// suits reports whether requests that first answers before and final in the end may meet f.
func (f *form) suits(first, final gateway.Key) bool {
	switch {
	case f.final.ID != "":
		return f.final == final
	case first == final:
		return f.route.Key == final
	}
	return f.route.Key == first && f.old || f.route.Key == final && f.next
}

// way looks at the steps that move traffic.
func (d *diff) way(s *schedule) way {
	w := way{coverage{}, coverage{}, make([]passage, going+1)}
	for i := range w.steps {
		w.steps[i] = passage{coverage{}, map[gateway.Key]int{}}
	}
	middle := d.middle()
	for key, live := range d.live {
		if key.Kind == gateway.Routes {
			w.before.add(live, matches(d.live, live))
			w.stays(s, live, middle)
		}
	}
	for key, next := range d.desired {
		if key.Kind != gateway.Routes {
			continue
		}
		after := matches(d.desired, next)
		w.after.add(next, after)
		if _, existed := d.live[key]; !existed {
			f := &form{route: next, next: true}
			w.steps[coming].add(f, nil, after)
			w.steps[changing].add(f, after)
			w.steps[going].add(f, after)
		}
	}
	return w
}

// stays adds the forms of a route that live has.
func (w way) stays(s *schedule, live gateway.Resource, middle gateway.State) {
	r := s.itinerary(live)
	before, between, after := matches(s.d.live, live), matches(middle, live), matches(s.d.desired, r.next)
	if r.detour || r.leaves { // the update of its service does not concern it
		between = before
	}
	if r.leaves {
		w.steps[inheriting].add(r.old(inheriting), before)
		w.steps[inheriting].add(r.new(inheriting), after)
	} else {
		w.steps[inheriting].add(r.old(inheriting), before, between)
	}
	for step := coming; step <= going; step++ {
		switch {
		case r.goes && step == going:
			w.steps[step].add(r.old(step), between, nil)
		case r.goes || step < changing && !r.leaves:
			w.steps[step].add(r.old(step), between)
		case step == changing && r.moves:
			w.steps[step].add(r.old(step), between)
			w.steps[step].add(r.new(step), after)
		default:
			w.steps[step].add(r.new(step), after)
		}
	}
}

// itinerary is how a route that live has goes to what is desired.
type itinerary struct {
	live, next gateway.Resource
	goes       bool // it is deleted
	leaves     bool // it is updated before what it worked by
	moves      bool // it takes its final form when the routes are updated
	detour     bool // it works by copies until then
	steady     bool // who asks it never meets anything else
	shifts     bool // what it works by changes
}

func (s *schedule) itinerary(live gateway.Resource) itinerary {
	key := live.Key
	next, stays := s.d.desired[key]
	_, updated := s.updates[key]
	return itinerary{
		live: live, next: next, goes: !stays, detour: s.detours[key],
		leaves: updated && s.stages[key] == leaving, moves: s.detours[key] || updated && s.stages[key] != leaving,
		steady: !s.changesBefore(key), shifts: len(s.changing(key)) > 0,
	}
}

// old is the form that the route has before its own update.
func (r itinerary) old(step int) *form {
	return &form{
		route: r.live,
		old:   r.steady || r.detour || !r.shifts,
		next:  r.steady || !r.goes && !r.moves && !r.leaves && step > inheriting,
	}
}

// new is the form that the route has after it.
func (r itinerary) new(step int) *form {
	return &form{route: r.next, old: r.steady, next: r.steady || step > inheriting}
}

// add lets a route stand in each of the sets, nil being its absence.
func (p passage) add(f *form, sets ...map[match]bool) {
	for i, set := range sets {
		if i > 0 && set != nil && maps.Equal(set, sets[i-1]) {
			continue
		}
		p.of[f.route.Key]++
		other := *f
		p.forms.seat(&other, set)
	}
}

// keeps reports whether m is answered throughout, and by nothing but the route that answered it before and the one that will, each
// as it was or will be.
func (w way) keeps(m match, first, final gateway.Key) bool {
	return !slices.ContainsFunc(w.steps, func(p passage) bool { return !p.keeps(m, first, final) })
}

func (p passage) keeps(m match, first, final gateway.Key) bool {
	seen := map[*form]bool{}
	count := map[gateway.Key]int{}
	for f := range p.forms.ranked(m) {
		if seen[f] {
			continue
		}
		if !f.suits(first, final) {
			return false
		}
		seen[f] = true
		if count[f.route.Key]++; f.final.ID != "" || count[f.route.Key] == p.of[f.route.Key] {
			return true // in whichever form it is, it is asked before what comes now
		}
	}
	return false
}

// middle is live after the services were updated and before the routes are.
func (d *diff) middle() gateway.State {
	middle := gateway.State{}
	for _, state := range []gateway.State{d.live, d.desired} {
		for key, resource := range state {
			if key.Kind == gateway.Services {
				middle[key] = resource
			}
		}
	}
	return middle
}
