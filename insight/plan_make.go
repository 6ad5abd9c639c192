package insight

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/reconciler"
)

// The bounds of a plan that is shown.
const (
	mostPlanned = 64  // gateway groups of an environment: each is read whole
	planGroups  = 20  // on a page
	planChanges = 200 // of a group
)

// Plan answers what a commit would do now to the gateway groups of an environment. It reads live, so it takes as long as the gateways do;
// for a few seconds after that the same plan is shown again. The errors are those of Turn; that there is no plan is said in the answer.
func (m *Model) Plan(ctx context.Context, environment, commit string, page Page) (Plan, error) {
	hash, err := m.resolve(commit)
	if err != nil {
		return Plan{}, err
	}
	if !slices.Contains(m.environments(), environment) {
		return Plan{}, &NotFoundError{"environment " + environment}
	}
	found, _, err := m.plans.get(ctx, environment+" "+hash, false, func(ctx context.Context) (Plan, error) {
		return m.plan(ctx, environment, hash), nil
	})
	if err != nil {
		return Plan{}, err
	}
	found.Groups, found.Page = paged(found.Groups, page, planGroups, planGroups)
	return found, nil
}

const noLive = "live can't be read here: this replica stands by; ask the one that leads"

func (m *Model) planner() *reconciler.Planner {
	if m.config.Planner == nil {
		return nil
	}
	return m.config.Planner()
}

func (m *Model) plan(ctx context.Context, environment, hash string) Plan {
	p := Plan{Environment: environment, Commit: m.commit(hash), Groups: []GroupPlan{}}
	planner := m.planner()
	if planner == nil {
		p.Why = noLive
		return p
	}
	plans, err := m.planLive(ctx, planner, environment, hash)
	if faults, ok := errors.AsType[diag.List](err); ok {
		p.Faults = m.faultsOf(hash, faults)
	}
	if err != nil {
		p.Why = err.Error()
	}
	for _, g := range plans {
		p.Groups = append(p.Groups, m.groupPlan(environment, hash, g))
	}
	return p
}

func (m *Model) planLive(ctx context.Context, planner *reconciler.Planner, environment, hash string) ([]reconciler.GroupPlan, error) {
	snapshot, err := m.config.Mirror.At(hash)
	if err != nil {
		return nil, err
	}
	tree, err := planner.Load(snapshot)
	if err != nil {
		return nil, err
	}
	if env, ok := tree.Find(environment); ok && len(env.Groups()) > mostPlanned {
		return nil, fmt.Errorf("%s has %d gateway groups, which are too many to be read for a look; `sluice plan -c FILE %s` reads them",
			environment, len(env.Groups()), environment)
	}
	return planner.Plan(ctx, snapshot, tree, environment)
}

func (m *Model) groupPlan(environment, hash string, g reconciler.GroupPlan) GroupPlan {
	doc := g.Plan.Document(environment, g.Group, g.Digest)
	shown := GroupPlan{
		Group: g.Group, Digest: g.Digest, Summary: g.Plan.Summary(), Changes: []Change{}, Warnings: doc.Warnings, Refusals: doc.Refusals, Allow: doc.Allow,
		Faults: m.faultsOf(hash, g.Faults),
	}
	if g.Err != nil {
		shown.Error, shown.Summary = g.Err.Error(), ""
		return shown
	}
	for i, step := range g.Plan.Steps {
		for _, c := range step.Changes {
			if len(shown.Changes) == planChanges {
				shown.MoreChanges++
				continue
			}
			shown.Changes = append(shown.Changes, m.change(hash, i+1, c))
		}
	}
	return shown
}

func (m *Model) change(hash string, step int, c plan.Change) Change {
	fields, more := m.changedFields(hash, c)
	return Change{
		Op: c.Op, Phase: c.Phase, Step: step, Kind: string(c.Key.Kind), ID: c.Key.ID, Why: c.Why, Temporary: c.Key.Temporary(), Breaking: c.Breaking,
		Fields: fields, MoreFields: more,
	}
}

func (m *Model) changedFields(hash string, c plan.Change) ([]ChangedField, int) {
	fields := []ChangedField{}
	for _, f := range c.Fields[:min(len(c.Fields), FieldsShown)] {
		fields = append(fields, ChangedField{Path: f.Path.String(), Old: plain(f.Old), New: plain(f.New), From: m.place(hash, f.From)})
	}
	return fields, max(0, len(c.Fields)-FieldsShown)
}
