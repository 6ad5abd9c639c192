package reconciler

import (
	"context"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/gateway"
)

// keepSteps puts the state of a step in the place of the commit's for every group that stands at one: the weight in force is no drift. A
// group of which that can't be told is left alone.
func (r *Reconciler) keepSteps(ctx context.Context, w *work, desired map[string]gateway.State) {
	if !w.keeping || len(w.canaries()) == 0 {
		return
	}
	if faults := r.findCourses(w, desired); faults.HasErrors() {
		r.log.Warn("it can't be told at which step a canary stands, drift is not healed", zap.String("env", w.env.Name), zap.String("reason", firstLine(faults)))
		w.env = only(w.env, nil)
		return
	}
	w.step, w.legs = map[string]string{}, map[string]*Leg{}
	var groups []string
	for _, group := range w.env.Groups() {
		course, ok := w.courses[group]
		if ok && !r.keepStep(ctx, w, group, course, desired) {
			continue
		}
		groups = append(groups, group)
	}
	w.env = only(w.env, groups)
}

// keepStep does so for one group. False says that it can't be told.
func (r *Reconciler) keepStep(ctx context.Context, w *work, group string, course canary.Course, desired map[string]gateway.State) bool {
	last, _ := r.past.LastApplied(w.env.Name, group)
	step, ok := stepOf(course, desired[group], last.Digest)
	if !ok {
		live, err := r.readLive(ctx, w.env.Name, r.groups[group], course.At(1))
		if err != nil {
			return false
		}
		step, ok = course.InForce(live)
	}
	if ok && step <= course.Steps()+1 {
		w.step[group], desired[group] = stepText(course, step), course.At(step)
		w.legs[group] = r.legOf(w, step)
	}
	return true
}
