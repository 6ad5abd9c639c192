package reconciler

import (
	"context"
	"fmt"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/render"
)

// validate looks for what the gateway would refuse of a plan before anything of it is written, and maps it to the places in the
// config repo. What is drift is not looked at: the gateway has taken it before, and a fault in one resource must not keep the
// others from being healed.
func (p *Planner) validate(ctx context.Context, g *groupPlan) {
	if g.plan.Empty() || g.drift {
		return
	}
	written := written(g.plan, g.desired)
	faults, err := g.group.Gateway.Validate(ctx, resources(written))
	if class(err) == gateway.Denied && !p.writes {
		// Who only looks need not have the right to send anything.
		g.plan.Warnings.Add(diag.Warningf(diag.Pos{}, "not-validated", "group %s was not asked what it would refuse: %v", g.group.Name, err).
			WithHint("give the plan a key of role admin, or look at the plan of the daemon"))
		return
	}
	if err != nil {
		g.err = fmt.Errorf("validate for group %q: %w", g.group.Name, err)
		return
	}
	for _, fault := range faults {
		g.faults.Add(refusedField(g.group.Name, g.desired, fault))
	}
	for _, fault := range render.Expiring(written, time.Now().Unix()) {
		if fault.Severity == diag.Warning {
			g.plan.Warnings.Add(fault)
		} else {
			g.faults.Add(fault)
		}
	}
}

// written is the part of desired that the plan writes.
func written(p plan.Plan, desired gateway.State) gateway.State {
	part := gateway.State{}
	for _, change := range p.Changes() {
		if resource, ok := desired[change.Key]; ok && change.Op != plan.Delete {
			part[change.Key] = resource
		}
	}
	return part
}

func resources(state gateway.State) []gateway.Resource {
	list := make([]gateway.Resource, 0, len(state))
	for _, key := range state.Keys() {
		list = append(list, state[key])
	}
	return list
}

// refusedField is what a gateway would refuse, at the place that the config repo wrote it.
func refusedField(group string, desired gateway.State, fault gateway.Fault) diag.Diagnostic {
	what := fault.Key.String()
	if len(fault.Path) > 0 {
		what = fault.Path.String() + " of " + what
	}
	d := diag.Errorf(desired[fault.Key].Origin.Place(fault.Path), "refused-by-gateway", "group %s would refuse %s: %s", group, what, fault.What)
	if fault.Hint != "" {
		return d.WithHint("%s", fault.Hint)
	}
	return d.WithHint("the gateway itself says so; its version and its plugins decide what it takes")
}
