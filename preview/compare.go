package preview

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/openapi"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/trace"
	"github.com/sluice-gitops/sluice/verify"
)

// environment compares one environment of the merge result with that of the branch.
func (p *Previewer) environment(ctx context.Context, preview Preview, before, after side, env environments.Environment) (Environment, error) {
	result := Environment{Name: env.Name}
	desired, faults := p.desired(after, env)
	result.Faults = faults
	if faults.HasErrors() {
		return result, nil
	}
	was := map[string]gateway.State{}
	if old, ok := before.tree.Find(env.Name); ok || before.tree.Faults.HasErrors() {
		if was, faults = p.desired(before, old); faults.HasErrors() {
			result.Blind = firstFault(faults)
		}
	}
	for _, group := range env.Groups() {
		one := Group{Name: group}
		if result.Blind == "" {
			one.Plan = plan.New(desired[group], was[group], policyOf(env, was[group]))
		}
		result.Groups = append(result.Groups, one)
	}
	if preview.Pull.Fork || p.live == nil || !result.differs() {
		return result, nil
	}
	return result, p.planLive(ctx, preview, after, &result)
}

// desired renders all groups of an environment without run-time values.
func (p *Previewer) desired(s side, env environments.Environment) (map[string]gateway.State, diag.List) {
	faults := slices.Concat(s.tree.Faults, env.Faults)
	if faults.HasErrors() {
		return nil, faults.Sorted()
	}
	set, _ := p.policies.Load(s.root) // its faults are part of the tree
	contracts, unread := openapi.LoadContracts(s.root)
	faults.Add(unread...)
	now := time.Now()
	states := map[string]gateway.State{}
	for _, group := range env.Groups() {
		state, found := s.renderer.Render(s.root, s.tree, env, group, s.values)
		faults.Add(found...)
		if found.HasErrors() {
			continue
		}
		states[group] = state
		faults.Add(p.policies.Check(set, env.Name, group, state, now)...)
		faults.Add(contracts.Check(env.Name, state)...)
		faults.Add(render.Expiring(state, now.Unix())...)
	}
	faults.Add(verify.Syntax(verify.Wave{FS: s.root, Tree: s.tree, Environment: env, Groups: env.Groups(), Renderer: s.renderer})...)
	return states, faults.Sorted()
}

// policyOf holds the guards of an environment against a comparison of two commits: all that the branch has is owned.
func policyOf(env environments.Environment, before gateway.State) plan.Policy {
	return plan.Policy{
		Guard: plan.Guard{MaxDeletes: env.Guard.MaxDeletes, MaxDeletePercent: env.Guard.MaxDeletePercent, Protect: env.Guard.Protect},
		Adopt: env.Adopt, Empty: env.Empty, DenyBreaking: env.DenyBreaking, Inventory: before.Keys(),
	}
}

// differs reports whether a merge would change anything, as far as is known.
func (e Environment) differs() bool {
	return e.Blind != "" || slices.ContainsFunc(e.Groups, func(g Group) bool { return !g.Plan.Empty() || len(g.Plan.Refusals) > 0 })
}

// liveTime bounds how long the gateways of one environment are asked.
const liveTime = time.Minute

// planLive plans the merge result against the gateways. What the daemon would find at fault is a fault here; a gateway that does not
// answer costs the digest and no more.
func (p *Previewer) planLive(ctx context.Context, preview Preview, after side, into *Environment) error {
	commits, err := p.leave(preview.Into.Hash, preview.Pull.Head)
	if err != nil {
		return err
	}
	asking, stop := context.WithTimeout(ctx, liveTime)
	defer stop()
	tree, err := p.live.Load(after.Snapshot)
	if err != nil {
		return err
	}
	asking, span := trace.Start(asking, "plan")
	groups, err := p.live.Plan(asking, after.Snapshot, tree, into.Name)
	span.End(err)
	if faults, ok := errors.AsType[diag.List](err); ok {
		into.faulty(faults)
		return nil
	}
	if err != nil {
		return err
	}
	for _, live := range groups {
		i := slices.IndexFunc(into.Groups, func(g Group) bool { return g.Name == live.Group })
		if i < 0 {
			continue
		}
		into.Groups[i].Live = &live
		into.Faults = slices.Concat(into.Faults, live.Faults).Sorted()
		for _, commit := range commits {
			if live.Plan.AllowedBy(commit.Message, into.Name) {
				into.Groups[i].Leave = commit.Hash
			}
		}
	}
	return ctx.Err()
}

// faulty adds what the daemon finds at fault. A secret that can't be read now is not the pull request's: it costs the digest.
func (e *Environment) faulty(faults diag.List) {
	lasting := slices.ContainsFunc(faults, func(d diag.Diagnostic) bool { return d.Severity == diag.Error && d.Code != "unreachable-secret" })
	if lasting {
		e.Faults = slices.Concat(e.Faults, faults).Sorted()
		return
	}
	for i, group := range e.Groups {
		e.Groups[i].Live = &reconciler.GroupPlan{Group: group.Name, Err: errors.New(firstFault(faults))}
	}
}

// refusals are the guards that trip: those of the live plan, where there is one, because only that is applied.
func (g Group) refusals() []plan.Refusal {
	if g.Live != nil && g.Live.Err == nil {
		return g.Live.Plan.Refusals
	}
	return g.Plan.Refusals
}

// held reports whether the group would be held by a guard without leave.
func (g Group) held() bool { return len(g.refusals()) > 0 && g.Leave == "" }

// shown is the plan that people see: what changes against the branch or, where that can't be rendered, against live.
func (g Group) shown(blind string) plan.Plan {
	if blind != "" && g.Live != nil && g.Live.Err == nil {
		return g.Live.Plan
	}
	return g.Plan
}

// firstFault is the first fault that stops the work, and how many there are besides.
func firstFault(faults diag.List) string {
	var stopping diag.List
	for _, fault := range faults {
		if fault.Severity == diag.Error {
			stopping.Add(fault)
		}
	}
	text := stopping[0].What
	if at := stopping[0].Pos.String(); at != "" {
		text = at + ": " + text
	}
	if more := len(stopping) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}
