package reconciler

import (
	"context"
	"fmt"
	"slices"

	"github.com/sluice-gitops/sluice/record"
)

// takeBack ends a commit whose canary does not hold: its groups get back what they had, and with onFailure: rollback all others too.
func (r *Reconciler) takeBack(ctx context.Context, w *work, why, detail string) outcome {
	if w.rollsBack() {
		return r.beginRollback(ctx, w, why, detail)
	}
	return r.beginBack(ctx, w, canaryReason, why, detail)
}

// atSteps leaves of the groups of an environment those that have not come to the end of their canary: the others were verified, or wait for
// their verification.
func (r *Reconciler) atSteps(w *work, groups []string) ([]string, error) {
	var left []string
	for _, group := range groups {
		_, whole, err := r.unverified(w.env.Name, group)
		if err != nil {
			return nil, err
		}
		if !whole {
			left = append(left, group)
		}
	}
	return left, nil
}

// toZero sends all requests of the services that stand at a step to their old upstreams, by the one write that takes the share to zero,
// before anything else is put back. It reports whether there was one.
func (r *Reconciler) toZero(ctx context.Context, w, old *work, waves [][]*groupPlan, report *report) bool {
	failing, ok := r.environmentAt(w.env.Name, w.memo.back.entry.Commit)
	if !ok || len(failing.canaries()) == 0 {
		return false // there was no canary: what was before is restored at once
	}
	failing.env, failing.keeping = only(failing.env, old.env.Groups()), true
	next, faults := r.desired(failing)
	if faults.HasErrors() {
		return false
	}
	of := *old
	of.step, of.legs = map[string]string{}, map[string]*Leg{}
	var plans []*groupPlan
	for _, p := range slices.Concat(waves...) {
		course, _ := r.course(failing, p.group.Name, p.desired, next[p.group.Name])
		if course.Empty() || p.err != nil {
			continue
		}
		live, err := r.readLive(ctx, w.env.Name, p.group, course.At(0))
		if err != nil {
			report.add(p.group.Name, fmt.Errorf("read live of group %q: %w", p.group.Name, err))
			continue
		}
		if _, stands := course.InForce(live); stands {
			of.step[p.group.Name] = stepText(course, 0)
			of.legs[p.group.Name] = &Leg{From: old.commit(), To: failing.commit(), Step: 0}
			plans = append(plans, &groupPlan{group: p.group, desired: course.At(0)})
		}
	}
	r.planAgain(ctx, &of, plans)
	r.applyWave(ctx, &of, plans, report)
	return len(plans) > 0
}

// isBack reports whether an open entry of an environment says that something is put back: a commit, or its canaries alone.
func isBack(e record.Entry) bool {
	return e.Group == "" && (e.Reason == "rollback" || e.Reason == canaryReason)
}
