package canary

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// Rule asks for a canary of a service. A rule without steps asks for nothing.
type Rule struct {
	Pos     diag.Pos // for faults that have no better place
	Service string   // its id
	Steps   []int    // the shares of the new upstream in percent, growing, each from 1 to 99
}

// Upstreams says where a gateway keeps the upstreams that a traffic-split may name.
type Upstreams int

// Where upstreams are. The zero value is ByThemselves.
const (
	ByThemselves Upstreams = iota // as resources, as Apache APISIX does
	InServices                    // in the services whose routes name them, below upstreams, as API7 Enterprise does
)

// Course is the way of a gateway group from one state to the next over the steps of its canaries. The zero value is empty. A Course is
// read-only and safe for use by several goroutines.
type Course struct {
	shifts    []shift // in order of service
	old, next gateway.State
	waits     bool // until the landing all else is as in old; otherwise it is as in next from the first step on
}

// Find returns the course from old to next, which are desired states: of the commit that runs and of the one that shall. A service shifts
// when a rule names it, both states have it with an upstream, and the two upstreams say something else. The course is empty where none
// does: then next is reached at once. What can't go in steps is an error in the list, and the course is empty. A list without errors may
// hold warnings.
func Find(old, next gateway.State, rules []Rule, in Upstreams) (Course, diag.List) {
	var faults diag.List
	c := Course{old: old, next: next}
	for _, rule := range rules {
		if _, ok := next[serviceKey(rule.Service)]; !ok {
			faults.Add(diag.Warningf(rule.Pos, "canary-without-service", "there is no service %q for the canary", rule.Service).
				WithHint("write the id of a service of this environment, or take the rule away"))
			continue
		}
		if s, ok := newShift(old, next, rule, in); ok && !c.has(s.service) {
			faults.Add(s.obstacles(old, next)...)
			c.shifts = append(c.shifts, s)
		}
	}
	if faults.HasErrors() || len(c.shifts) == 0 {
		return Course{}, faults.Sorted()
	}
	slices.SortFunc(c.shifts, func(a, b shift) int { return a.service.Compare(b.service) })
	c.waits = slices.ContainsFunc(c.shifts, func(s shift) bool { return !c.apart(s) })
	return c, faults.Sorted()
}

func (c Course) has(service gateway.Key) bool {
	return slices.ContainsFunc(c.shifts, func(s shift) bool { return s.service == service })
}

// Empty reports whether nothing goes in steps.
func (c Course) Empty() bool { return len(c.shifts) == 0 }

// Steps is how many steps there are before the landing: those of the longest rule. The others stay at their last share until it has done.
func (c Course) Steps() int {
	n := 0
	for _, s := range c.shifts {
		n = max(n, len(s.steps))
	}
	return n
}

// Services lists the ids of the services that shift, sorted.
func (c Course) Services() []string {
	var ids []string
	for _, s := range c.shifts {
		ids = append(ids, s.service.ID)
	}
	return ids
}

// Share is the part of a service's requests that its new upstream takes at a step, in percent: 0 at step 0, 100 from the landing on, which
// is step Steps()+1. It is 0 for a service that does not shift.
func (c Course) Share(service string, step int) int {
	for _, s := range c.shifts {
		if s.service.ID == service {
			return s.share(step, c.Steps())
		}
	}
	return 0
}

// RestWaits reports whether all else in which the states differ comes with the landing. Otherwise it comes with the first step.
func (c Course) RestWaits() bool { return c.waits }

// At returns the state of a step: 0, which sends nothing to the new upstreams and is on the way back to old, the steps 1 to Steps(), and
// the landing, Steps()+1, after which next follows. The state is new, its resources are shared with old and next. It is nil when the
// course is empty.
func (c Course) At(step int) gateway.State {
	if c.Empty() {
		return nil
	}
	landing := step > c.Steps()
	state := maps.Clone(c.next)
	if c.waits && !landing {
		state = maps.Clone(c.old)
	}
	for _, s := range c.shifts {
		if !landing {
			s.keepUpstream(state, c.old)
		}
		s.add(state)
	}
	for _, s := range c.shifts {
		s.split(state, s.share(step, c.Steps()))
	}
	c.complete(state)
	return state
}
