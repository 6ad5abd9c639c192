package policy

import (
	"errors"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// Check holds the desired state of a gateway group of an environment against the policies, and returns what breaks them. A violation
// has severity Error, or Warning when its policy only warns; a policy that fails at run time has severity Error always. Now says
// which exceptions still count. The list is sorted, and the same for the same state and day. Check does not change the state.
func (s Set) Check(environment, group string, state gateway.State, now time.Time) diag.List {
	var faults diag.List
	var v *view
	left := s.limits.group
	for _, p := range s.policies {
		if !p.match.covers(environment, group) {
			continue
		}
		if v == nil {
			v = newView(environment, group, state)
		}
		given := min(limitPolicy, left)
		t := trial{policy: p, view: v, now: now, limits: s.limits, budget: budget{given}}
		faults = append(faults, t.run()...).AtMost(s.limits.faults)
		left -= given - t.budget.left
	}
	return faults.Sorted()
}

// trial holds one policy against one gateway group.
type trial struct {
	*policy
	view    *view
	now     time.Time
	limits  limits
	budget  budget
	faults  diag.List
	broken  []breakdown
	warned  map[*exception]bool
	stopped bool
}

func (t *trial) run() diag.List {
	t.warned = map[*exception]bool{}
	for _, r := range t.view.ordered {
		if t.match.selects(r.Resource) {
			t.try(r)
		}
		if t.stopped {
			break
		}
	}
	for _, b := range t.broken {
		t.faults.Add(t.breakdownFault(b))
	}
	return t.faults.AtMost(t.limits.faults)
}

// try decides about one resource.
func (t *trial) try(r *resource) {
	if t.match.when != nil {
		wanted, err := t.match.when.holds(r, &t.budget)
		if err != nil {
			t.breaksDown(r, t.match.when, err)
		}
		if !wanted || err != nil {
			return
		}
	}
	kept, err := t.assert.holds(r, &t.budget)
	if err != nil {
		t.breaksDown(r, t.assert, err)
	} else if !kept {
		t.violated(r)
	}
}

// excused reports whether an exception counts for the resource, and warns when that ends soon.
func (t *trial) excused(r *resource) bool {
	e := t.exceptionFor(t.view.environment, r.Key)
	if e == nil || e.over(t.now) {
		return false
	}
	if e.endsSoon(t.now) && !t.warned[e] {
		t.warned[e] = true
		t.faults.Add(t.ending(e))
	}
	return true
}

func (t *trial) violated(r *resource) {
	if t.excused(r) || len(t.faults) > t.limits.faults {
		return // one more than are told: so it is said that there are others
	}
	t.faults.Add(t.violation(r, t.message.of(r, &t.budget)))
}

// breaksDown notes that the policy can't be decided for a resource. When that is for its cost, the trial ends: every further
// resource would cost as much.
func (t *trial) breaksDown(r *resource, e *expression, err error) {
	if costly := errors.Is(err, errTooCostly); costly || !t.excused(r) {
		t.note(r, e, err)
		t.stopped = costly
	}
}
