package reconciler

import (
	"context"
	"fmt"
	"slices"

	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/record"
)

// stepped is the last step of a canary whose time has passed. The zero value is none.
type stepped struct {
	commit string
	wave   int
	step   int
}

// stepping is a wave of which groups are on their way over the steps of a canary.
type stepping struct {
	groups []*groupPlan
	steps  int // of the longest course
	stands int // the step that stands; 0: none does
}

// stepWave takes the next step of the canaries of a wave, and waits there in the background. It reports whether the wave may take the commit
// itself: its canaries have come to their landing, or it has none.
func (r *Reconciler) stepWave(ctx context.Context, w *work, at int, wave []*groupPlan, report *report) (bool, outcome) {
	if w.keeping || len(w.courses) == 0 {
		return true, outcome{}
	}
	s, err := r.stepping(ctx, w, wave)
	if err != nil {
		return false, r.unread(ctx, w, err, report)
	}
	if len(s.groups) == 0 {
		return true, outcome{}
	}
	step := r.nextStep(w, at, s)
	r.takeStep(ctx, w, s, step, report)
	switch {
	case report.err != nil:
		return false, outcome{err: report.err}
	case ctx.Err() != nil:
		return false, outcome{}
	case len(report.troubles) > 0:
		return false, r.unfinished(ctx, w, report)
	case step > s.steps:
		r.planAgain(ctx, w, wave)
		return true, outcome{}
	}
	return false, r.awaitStep(ctx, w, at, step, s)
}

// unread ends a turn in which a group of a wave can't be read: until it can, the others take no step.
func (r *Reconciler) unread(ctx context.Context, w *work, unread *trouble, report *report) outcome {
	report.add(unread.group, unread.err)
	r.board.setGroupError(w.env.Name, unread.group, unread.err)
	return r.unfinished(ctx, w, report)
}

// stepping finds the groups of a wave that are to go in steps and have not come to the end, and the step that stands. Groups that go side by
// side take their steps together.
func (r *Reconciler) stepping(ctx context.Context, w *work, wave []*groupPlan) (stepping, *trouble) {
	var (
		s     stepping
		found []int
	)
	for _, p := range wave {
		if p.err != nil {
			return s, &trouble{p.group.Name, p.err}
		}
		course, ok := w.courses[p.group.Name]
		if !ok || p.plan.Empty() || p.drift {
			continue
		}
		stands, err := r.stands(ctx, w, p, course)
		if err != nil {
			return s, &trouble{p.group.Name, err}
		}
		if stands <= course.Steps()+1 {
			s.groups, s.steps, found = append(s.groups, p), max(s.steps, course.Steps()), append(found, stands)
		}
	}
	for i, stands := range found {
		if stands > w.courses[s.groups[i].group.Name].Steps() {
			stands = s.steps + 1
		}
		s.stands = max(s.stands, stands)
	}
	return s, nil
}

// stands tells which step a group has come to, or was about to: the journal knows it, and else live does.
func (r *Reconciler) stands(ctx context.Context, w *work, p *groupPlan, course canary.Course) (int, error) {
	last, _ := r.past.Last(w.env.Name, p.group.Name)
	if step, ok := stepOf(course, p.desired, last.Digest); ok {
		return step, nil
	}
	live, err := r.readLive(ctx, w.env.Name, p.group, course.At(1))
	if err != nil {
		return 0, fmt.Errorf("read live of group %q: %w", p.group.Name, err)
	}
	step, _ := course.InForce(live)
	return step, nil
}

// nextStep is the step after the one that stands, once that one's time has passed. After a restart it begins anew.
func (r *Reconciler) nextStep(w *work, at int, s stepping) int {
	if s.stands == 0 || w.memo.stepped == (stepped{w.commit(), at, s.stands}) {
		return s.stands + 1
	}
	return s.stands
}

// takeStep applies a step to the groups. One with fewer steps than the others stays at its last until they land.
func (r *Reconciler) takeStep(ctx context.Context, w *work, s stepping, step int, report *report) {
	of := *w
	of.step, of.legs = map[string]string{}, map[string]*Leg{}
	plans := make([]*groupPlan, len(s.groups))
	for i, p := range s.groups {
		course := w.courses[p.group.Name]
		own := min(step, course.Steps())
		if step > s.steps {
			own = course.Steps() + 1
		}
		of.step[p.group.Name], of.legs[p.group.Name] = stepText(course, own), r.legOf(w, own)
		plans[i] = &groupPlan{group: p.group, desired: course.At(own)}
	}
	r.planAgain(ctx, &of, plans)
	r.applyWave(ctx, &of, plans, report)
}

// legOf says how the state of a step is found again: from what the environment was applied at last to the commit.
func (r *Reconciler) legOf(w *work, step int) *Leg {
	last, _ := r.past.LastApplied(w.env.Name, "")
	return &Leg{From: last.Commit, To: w.commit(), Step: step}
}

// inSteps reports whether a group has begun with the canary of the commit: its guards were asked then.
func (r *Reconciler) inSteps(w *work, group string) bool {
	if len(w.canaries()) == 0 || w.keeping {
		return false
	}
	whole, _ := r.past.LastApplied(w.env.Name, "")
	entries, err := r.since(w.env.Name, group, whole.ID)
	if err != nil {
		return false
	}
	i := slices.IndexFunc(entries, func(e record.Entry) bool { return e.Reason != "drift" && e.Reason != "rotation" })
	return i >= 0 && entries[i].Reason == canaryReason && entries[i].Commit == w.commit()
}

// canaryReason is the reason of entries by which a group came to a step, and of one by which an environment takes its canaries back.
const canaryReason = "canary"
