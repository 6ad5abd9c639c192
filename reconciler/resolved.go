package reconciler

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// keepResolved heals what an environment runs while what holds its secrets does not answer: all resources but those with a secret. They
// stay as they are live.
func (r *Reconciler) keepResolved(ctx context.Context, w *work) outcome {
	fsys, err := r.root(w.snapshot)
	if err != nil {
		return outcome{retry: true}
	}
	states := map[string]gateway.State{}
	for _, group := range w.env.Groups() {
		state, faults := r.renderer.Render(fsys, w.tree, w.env, group, nil)
		if faults.HasErrors() {
			return outcome{retry: true}
		}
		states[group] = state
	}
	w.partial = true
	out := r.carryOut(ctx, w, r.planWaves(ctx, w, states))
	out.retry = true
	return out
}

// planResolved plans for the resources without a secret, when the group was given all of them already: what differs is drift. Its
// digest stays that of the whole state, which is not known now.
func (p *Planner) planResolved(ctx context.Context, w *work, group Group, desired gateway.State) *groupPlan {
	last, _ := p.past.Last(w.env.Name, group.Name)
	g := &groupPlan{env: w.env.Name, group: group, desired: desired, digest: last.Digest, partial: true}
	if g.drift = p.isDrift(w, group.Name, last.Digest); !g.drift {
		return g
	}
	if group.Hand != nil {
		return p.planAfar(ctx, w, g)
	}
	live, err := p.readLive(ctx, w.env.Name, group, desired)
	if err != nil {
		g.err = fmt.Errorf("read live of group %q: %w", group.Name, err)
		return g
	}
	g.desired = resolvedIn(desired, live)
	policy := p.policy(w, group.Name)
	policy.Inventory = append(slices.Clip(policy.Inventory), desired.Keys()...)
	g.wanted, g.ignored = overlay(g.desired, live, w.env.Ignore)
	g.plan = plan.New(g.wanted, live, policy)
	return g
}

// resolvedIn takes for each resource with a secret that nobody knows what is live, be it nothing.
func resolvedIn(desired, live gateway.State) gateway.State {
	known := maps.Clone(desired)
	for key, resource := range desired {
		unknown := slices.ContainsFunc(gateway.SecretFields(resource), func(f gateway.SecretField) bool { return !f.Value.Resolved() })
		if !unknown {
			continue
		}
		if is, ok := live[key]; ok {
			known[key] = is
		} else {
			delete(known, key)
		}
	}
	return known
}
