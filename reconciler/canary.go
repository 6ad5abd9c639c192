package reconciler

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
)

// canaries are the services whose new upstreams take a growing share in the environment.
func (w *work) canaries() []environments.Canary {
	if w.env.Rollout == nil {
		return nil
	}
	return w.env.Rollout.Canary
}

// findCourses finds, for every group that has to go in steps, the way to its desired state, and what stands against it. A state that was
// verified in the group before is reached at once.
func (p *Planner) findCourses(w *work, desired map[string]gateway.State) diag.List {
	w.courses, w.before = map[string]canary.Course{}, map[string]gateway.State{}
	if len(w.canaries()) == 0 || w.undoing != "" {
		return nil
	}
	old, faults := p.verifiedStates(w)
	if old == nil {
		return faults
	}
	for _, group := range w.env.Groups() {
		next, ok := desired[group]
		if _, proven := p.past.Verified(w.env.Name, group, next.Digest()); proven || !ok {
			continue
		}
		course, found := p.course(w, group, old[group], next)
		faults.Add(found...)
		if !course.Empty() {
			w.courses[group], w.before[group] = course, old[group]
		}
	}
	return faults.Sorted()
}

func (p *Planner) course(w *work, group string, old, next gateway.State) (canary.Course, diag.List) {
	var rules []canary.Rule
	for _, c := range w.canaries() {
		rules = append(rules, canary.Rule{Pos: c.Pos, Service: c.Service, Steps: c.Steps})
	}
	return canary.Find(old, next, rules, p.groups[group].Upstreams)
}

// verifiedStates renders what the groups of an environment had when it was applied last. It is nil when that was this commit, or never, and
// when a fault says why it can't be told.
func (p *Planner) verifiedStates(w *work) (map[string]gateway.State, diag.List) {
	last, ok := p.past.LastApplied(w.env.Name, "")
	if !ok {
		return nil, p.withoutPast(w)
	}
	if last.Commit == w.commit() {
		return nil, nil
	}
	pos := w.canaries()[0].Pos
	old, ok := p.environmentAt(w.env.Name, last.Commit)
	if !ok {
		return nil, unreadablePast(pos, last.Commit, "it is not in the mirror")
	}
	old.env, old.keeping = only(old.env, w.env.Groups()), true
	states, faults := p.desired(old)
	switch {
	case mayPass(faults):
		return nil, faults
	case faults.HasErrors():
		return nil, unreadablePast(pos, last.Commit, firstLine(faults))
	}
	return states, nil
}

// withoutPast warns of an environment that runs something and was never applied as a whole: nobody knows what its services come from.
func (p *Planner) withoutPast(w *work) diag.List {
	for _, group := range w.env.Groups() {
		if _, ok := p.past.LastApplied(w.env.Name, group); ok {
			return diag.List{diag.Warningf(w.canaries()[0].Pos, "canary-without-past",
				"no commit was verified in %s yet: there is nothing that a canary could begin with", w.env.Name).
				WithHint("this commit is applied at once; the next one that changes the upstream goes in steps")}
		}
	}
	return nil
}

func unreadablePast(pos diag.Pos, commit, why string) diag.List {
	return diag.List{diag.Errorf(pos, "canary-unreadable-past", "commit %s, which a canary would begin with, can't be rendered any more: %s",
		short(commit), why).WithHint("take rollout.canary away for this commit: it is applied at once then")}
}

// stepText says how far the services have come at a step, as "canary of users at 25 %".
func stepText(course canary.Course, step int) string {
	var parts []string
	for _, service := range course.Services() {
		parts = append(parts, fmt.Sprintf("%s at %d %%", service, course.Share(service, step)))
	}
	return "canary of " + strings.Join(parts, ", ")
}

// stepOf tells at which step a digest stands. Beyond the landing stands the end of the course.
func stepOf(course canary.Course, next gateway.State, digest string) (int, bool) {
	for step := range course.Steps() + 2 {
		if course.At(step).Digest() == digest {
			return step, true
		}
	}
	return course.Steps() + 2, next.Digest() == digest
}

// announce warns of the steps that the plans of the groups would be carried out in. Who only looks need not have the whole past: without it
// there is a warning, and no fault.
func (p *Planner) announce(w *work, desired map[string]gateway.State) diag.List {
	var faults, warnings diag.List
	for _, found := range p.findCourses(w, desired) {
		if found.Code == "canary-unreadable-past" {
			found.Severity = diag.Warning
		}
		if found.Severity == diag.Error {
			faults.Add(found)
		} else {
			warnings.Add(found)
		}
	}
	for _, group := range w.env.Groups() {
		list := slices.Concat(w.warned[group], warnings, stepsAhead(w, group))
		w.warned[group] = list.Sorted()
	}
	return faults
}

// stepsAhead says which services of a group would go in steps, and in which.
func stepsAhead(w *work, group string) diag.List {
	var warnings diag.List
	for _, c := range w.canaries() {
		if slices.Contains(w.courses[group].Services(), c.Service) {
			warnings.Add(diag.Warningf(c.Pos, "canary-steps", "the new upstream of services/%s takes its requests in steps: %s, each for %s",
				c.Service, percents(c.Steps), c.Every).WithHint("the plan shows where the steps lead to, not each of them"))
		}
	}
	return warnings
}

// percents lists shares, as "5, 25 and 50 %".
func percents(shares []int) string {
	var text strings.Builder
	for i, share := range shares {
		switch {
		case i > 0 && i == len(shares)-1:
			text.WriteString(" and ")
		case i > 0:
			text.WriteString(", ")
		}
		fmt.Fprint(&text, share)
	}
	return text.String() + " %"
}
