package reconciler

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// planAfar lets the hand of a group make the plan. What is known of it afterwards is all that decides, and no bodies.
func (p *Planner) planAfar(ctx context.Context, w *work, g *groupPlan) *groupPlan {
	found, err := g.group.Hand.Look(ctx, p.lookFor(w, g))
	if err != nil {
		g.err = fmt.Errorf("look at group %q: %w", g.group.Name, err)
		return g
	}
	g.look, g.attempt, g.plan, g.err = found.Look, found.Attempt, found.Plan.Plan(), found.Failure.Err()
	g.faults, g.ignored, g.rotated, g.left = found.Faults, found.Ignored, found.Rotated, found.Left
	if found.Seen {
		g.foreign = gateway.State{}
	}
	return g
}

func (p *Planner) lookFor(w *work, g *groupPlan) Look {
	look := Look{
		Environment: w.env.Name, Group: g.group.Name, Commit: w.commit(), Leg: w.legs[g.group.Name],
		Digest: g.digest, Secrets: p.secretsOf(g.desired),
		Undoing: w.undoing, Keeping: w.keeping, Partial: w.partial, OnlyRotated: w.onlyRotated, Line: p.past.Lines(),
	}
	if w.partial { // the digest of the plan is that of the whole
		look.Digest = g.desired.Digest()
	}
	if w.memo != nil && !w.look {
		look.Known = w.memo.lastSight(g.group.Name).digest
	}
	return look
}

// secretsOf is a keyed hash over the values of all secrets of a state: a digest takes them by their references. It is empty where there is
// none, or no key.
func (p *Planner) secretsOf(state gateway.State) string {
	hash, any := sha256.New(), false
	for _, key := range state.Keys() {
		for _, field := range gateway.SecretFields(state[key]) {
			mark := p.past.Mark(key, field.Path.String(), field.Value)
			any = any || mark.Mark != ""
			fmt.Fprintf(hash, "%s\x00%s\x00%s\n", mark.Key, mark.Field, mark.Mark)
		}
	}
	if !any {
		return ""
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// performAfar lets the hand of a group carry out the plan of its look.
func performAfar(ctx context.Context, p *groupPlan, how performance) (apply.Result, string, error) {
	carried, err := p.group.Hand.Carry(ctx, Carry{
		Group: p.group.Name, Look: p.look, Plan: p.plan.Digest(), Undrained: how.undrained, Whole: how.whole,
	})
	if err != nil {
		return apply.Result{}, "", fmt.Errorf("apply to group %q: %w", p.group.Name, err)
	}
	result := apply.Result{Confirmed: carried.Confirmed}
	for _, done := range carried.Done {
		result.Done = append(result.Done, done.outcome())
	}
	return result, carried.Live, carried.Failure.Err()
}

func (d DoneChange) outcome() apply.Outcome {
	outcome := apply.Outcome{Change: plan.Change{Op: d.Op, Phase: d.Phase, Key: d.Key}}
	if !d.Silent {
		outcome.Change.Fields = []plan.Field{{}} // it was something that is written
	}
	if d.Failed != 0 {
		outcome.Err = &gateway.Error{Class: d.Failed}
	}
	return outcome
}

// settle waits until every instance of a group has taken these resources.
func (r *Reconciler) settle(ctx context.Context, group Group, keys []gateway.Key) (confirmed bool, err error) {
	if group.Hand == nil {
		return group.Gateway.Settle(ctx, keys)
	}
	settled, err := group.Hand.Settle(ctx, Settle{Group: group.Name, Keys: keys})
	if err != nil {
		return false, err
	}
	return settled.Confirmed, settled.Failure.Err()
}
