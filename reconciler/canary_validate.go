package reconciler

import (
	"context"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
)

// validateSteps asks the gateways of all waves what they would refuse of the first step of their canaries: in a later wave it would be
// found when the waves before have the commit. The steps after it differ in shares alone. What can't be asked now is asked when the wave begins.
func (r *Reconciler) validateSteps(ctx context.Context, w *work, waves [][]*groupPlan) {
	if w.keeping || len(w.courses) == 0 {
		return
	}
	of := *w
	of.step, of.legs = map[string]string{}, map[string]*Leg{}
	var going, steps []*groupPlan
	for _, p := range slices.Concat(waves...) {
		course, ok := w.courses[p.group.Name]
		if !ok || p.err != nil || p.drift || p.plan.Empty() || r.inSteps(w, p.group.Name) {
			continue
		}
		of.step[p.group.Name], of.legs[p.group.Name] = stepText(course, 1), r.legOf(w, 1)
		going, steps = append(going, p), append(steps, &groupPlan{group: p.group, desired: course.At(1)})
	}
	r.planAgain(ctx, &of, steps)
	for i, p := range going {
		p.addFaults(steps[i].faults)
	}
}

// addFaults adds those that the group does not have yet.
func (g *groupPlan) addFaults(found diag.List) {
	for _, fault := range found {
		same := func(known diag.Diagnostic) bool { return known.Error() == fault.Error() }
		if !slices.ContainsFunc(g.faults, same) {
			g.faults.Add(fault)
		}
	}
}
