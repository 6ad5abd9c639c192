package reconciler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/record"
)

// groupPlan is the plan for one gateway group, and what it was made from.
type groupPlan struct {
	env     string
	group   Group
	look    string // names the look of the group's hand that the plan comes from
	attempt string // see Planner.attempt; empty where the plan was made here
	desired gateway.State
	digest  string        // of desired
	wanted  gateway.State // desired, with the ignored fields as they are live: what is written
	ignored []string      // fields that are not as desired and are left so
	plan    plan.Plan
	faults  diag.List     // what the gateway would refuse of the plan
	live    gateway.State // what the plan was made from; kept where secrets were rotated
	foreign gateway.State // what others have there; nil when live was not read
	rotated []string      // references to secrets whose value is another than the one that was sent
	left    int           // changes that the environment wants to be told of only
	partial bool          // resources with a secret are left out, and the digest is that of all
	drift   bool          // the desired state is live already by the journal: what differs was changed behind Git's back
	// unignored: a field is not as desired that the commit wants to be so again, after it was ignored.
	unignored bool
	err       error // why there is no plan
}

// groupsAtOnce bounds how many gateway groups are planned or written at the same time.
const groupsAtOnce = 16

// handsAtOnce is the same where others do the work, and bound it themselves.
const handsAtOnce = 96

// atOnce is how many groups may be waited for at the same time.
func (p *Planner) atOnce() int {
	if p.far {
		return handsAtOnce
	}
	return groupsAtOnce
}

// planWaves plans every group of the environment before the first write, so that a guard in the last wave holds the first.
func (p *Planner) planWaves(ctx context.Context, w *work, desired map[string]gateway.State) [][]*groupPlan {
	var running errgroup.Group
	running.SetLimit(p.atOnce())
	waves := make([][]*groupPlan, len(w.env.Waves))
	for i, names := range w.env.Waves {
		waves[i] = make([]*groupPlan, len(names))
		for j, name := range names {
			running.Go(func() error {
				waves[i][j] = p.planGroup(ctx, w, p.groups[name], desired[name])
				return nil
			})
		}
	}
	_ = running.Wait() // each plan carries its own error
	return waves
}

func (p *Planner) planGroup(ctx context.Context, w *work, group Group, desired gateway.State) *groupPlan {
	if w.partial {
		return p.planResolved(ctx, w, group, desired)
	}
	g := &groupPlan{env: w.env.Name, group: group, desired: desired, digest: desired.Digest()}
	if g.unignored = w.unignores(desired); g.unignored {
		whole := *w
		whole.look = true
		w = &whole
	}
	g.drift = !g.unignored && p.isDrift(w, group.Name, g.digest)
	if w.memo != nil && !w.look && w.memo.lastSight(group.Name).digest == g.digest {
		return g // a commit that changes nothing here costs no look at the gateway
	}
	if group.Hand != nil {
		return p.planAfar(ctx, w, g)
	}
	return p.planHere(ctx, w, g)
}

// planHere reads what is live and compares.
func (p *Planner) planHere(ctx context.Context, w *work, g *groupPlan) *groupPlan {
	group, desired := g.group, g.desired
	leave, err := p.room.enter(ctx, len(desired))
	if err != nil {
		g.err = err
		return g
	}
	defer leave()
	live, err := p.readFor(ctx, w, group, desired)
	if err != nil {
		g.err = fmt.Errorf("read live of group %q: %w", group.Name, err)
		return g
	}
	g.wanted, g.ignored = overlay(desired, live, w.env.Ignore)
	if g.unignored && !differsIn(g.wanted, live, w.unignored) {
		g.unignored, g.drift = false, p.isDrift(w, group.Name, g.digest)
	}
	policy := p.policy(w, group.Name)
	if g.drift { // all of it was put there by Sluice: who took a label away did not take the resource over
		policy.Inventory = append(slices.Clip(policy.Inventory), desired.Keys()...)
	}
	policy.DenyBreaking = w.env.DenyBreaking && !g.drift // what a commit says already may be put back
	g.plan = plan.New(g.wanted, live, policy)
	g.foreign = foreignIn(live, desired, g.plan)
	if !g.plan.Empty() {
		g.rotated = p.rotated(w.env.Name, group.Name, desired)
	}
	if len(g.rotated) > 0 {
		g.live = live
	}
	if w.onlyRotated {
		p.narrow(w, g)
	}
	if !w.keeping && w.undoing == "" {
		p.validate(ctx, g)
	}
	return g
}

// readLive returns the whole live state in the terms of desired.
func (p *Planner) readLive(ctx context.Context, env string, group Group, desired gateway.State) (gateway.State, error) {
	live, err := group.Gateway.Live(ctx)
	if err != nil {
		return nil, err
	}
	defaults, err := group.Gateway.Defaults(ctx)
	if err != nil {
		return nil, err
	}
	return gateway.Align(desired, p.sealSent(env, group.Name, live), defaults), nil
}

// sealSent hides the secrets that were sent to places where nobody would look for one: without it a plan that removes such a secret
// would show it. The place decides, not the value, so that it works for those too who may not read the key of the marks.
func (p *Planner) sealSent(env, group string, live gateway.State) gateway.State {
	for _, mark := range p.past.SentFields(env, group) {
		path, err := gateway.ParsePath(mark.Field)
		if resource, ok := live[mark.Key]; ok && err == nil {
			live[mark.Key] = gateway.SealAt(resource, path)
		}
	}
	return live
}

func (p *Planner) policy(w *work, group string) plan.Policy {
	guard := w.env.Guard
	return plan.Policy{
		Group:     group,
		Guard:     plan.Guard{MaxDeletes: guard.MaxDeletes, MaxDeletePercent: guard.MaxDeletePercent, Protect: guard.Protect},
		Adopt:     w.env.Adopt,
		Empty:     w.env.Empty,
		Inventory: p.past.Inventory(w.env.Name, group),
		Sent: func(key gateway.Key, hidden gateway.SecretField) bool {
			return p.past.Sent(w.env.Name, group, p.past.Mark(key, hidden.Path.String(), hidden.Value))
		},
	}
}

// isDrift reports whether the journal holds the desired state as applied: then no commit explains a difference. A heal that did not
// come to its end is drift still.
func (p *Planner) isDrift(w *work, group, digest string) bool {
	last, ok := p.past.Last(w.env.Name, group)
	was := last.State == record.Applied || last.State == record.Unchanged || last.Reason == "drift" || last.Reason == "rotation"
	return ok && was && last.Digest == digest
}

// carryOut applies the waves one after the other. Within a wave the groups go side by side.
func (r *Reconciler) carryOut(ctx context.Context, w *work, waves [][]*groupPlan) outcome {
	if faults := faultsOf(waves); faults.HasErrors() {
		if w.memo.state != record.Failed {
			r.logFaults(w, faults)
		}
		r.showFaults(w, waves)
		return r.faulty(ctx, w, faults)
	}
	if held := r.refused(w, waves); held != "" {
		return r.hold(ctx, w, held)
	}
	if r.onlyReport(w, waves) && (w.paused || !rotates(waves)) {
		return r.reportDrift(ctx, w, waves)
	}
	if w.reportsDrift() {
		r.narrowAll(ctx, w, waves)
	}
	if shut, until := r.shut(w, waves); shut != "" {
		return r.waitOutside(ctx, w, shut, until)
	}
	if err := r.carryBefore(w, waves); err != nil {
		return outcome{err: err}
	}
	return r.applyWaves(ctx, w, waves)
}

// applyWaves applies and verifies the waves, as far as it comes.
func (r *Reconciler) applyWaves(ctx context.Context, w *work, waves [][]*groupPlan) outcome {
	report := &report{}
	for i, wave := range waves {
		if i > 0 && report.wrote && !w.keeping {
			if r.overtaken(ctx, w) && r.mayFollow(ctx, w) {
				w.memo.preempted = true
				r.tell(w, record.Queued, "a newer commit is there")
				return outcome{moved: true}
			}
			r.planAgain(ctx, w, wave)
		}
		if on, out := r.stepWave(ctx, w, i, wave, report); !on {
			return out
		}
		r.showApplying(w, i, wave)
		r.applyWave(ctx, w, wave, report)
		if report.err != nil {
			return outcome{err: report.err}
		}
		if len(report.troubles) > 0 || ctx.Err() != nil {
			break
		}
		if on, out := r.verifyWave(ctx, w, i, wave); !on {
			return out
		}
	}
	if ctx.Err() != nil {
		return outcome{}
	}
	return r.conclude(ctx, w, waves, report)
}

// faultsOf gathers what the gateways would refuse: nothing is written to any group of the environment then.
func faultsOf(waves [][]*groupPlan) diag.List {
	var faults diag.List
	for _, wave := range waves {
		for _, p := range wave {
			faults.Add(p.faults...)
		}
	}
	return faults.Sorted()
}

// showFaults shows with each group what its gateway would refuse.
func (r *Reconciler) showFaults(w *work, waves [][]*groupPlan) {
	for _, wave := range waves {
		for _, p := range wave {
			if p.faults.HasErrors() && !w.keeping {
				r.board.setGroupError(w.env.Name, p.group.Name, errors.New(firstLine(p.faults)))
			}
		}
	}
}

// warningsOf gathers what a person should know of the plans.
func warningsOf(waves [][]*groupPlan) diag.List {
	var warnings diag.List
	for _, wave := range waves {
		for _, p := range wave {
			warnings.Add(p.plan.Warnings...)
		}
	}
	return warnings.Sorted()
}

// planAgain looks at live anew: the waves before may have taken minutes.
func (p *Planner) planAgain(ctx context.Context, w *work, wave []*groupPlan) {
	var running errgroup.Group
	running.SetLimit(p.atOnce())
	for i, g := range wave {
		running.Go(func() error {
			wave[i] = p.planGroup(ctx, w, g.group, g.desired)
			return nil
		})
	}
	_ = running.Wait() // each plan carries its own error
}

// report gathers what the groups of an environment came to. It is safe for the groups of a wave.
type report struct {
	mu                                sync.Mutex
	created, updated, deleted, adopts int
	groups                            int
	wrote                             bool
	owed                              bool // what an earlier pass wrote is counted, too
	restores                          string
	troubles                          []trouble
	unread                            map[string]bool // the groups that could not be looked at
	err                               error           // of the journal
}

// trouble is one group that did not get there.
type trouble struct {
	group string
	err   error
}

func (r *Reconciler) applyWave(ctx context.Context, w *work, wave []*groupPlan, report *report) {
	var running errgroup.Group
	running.SetLimit(r.atOnce())
	for _, p := range wave {
		running.Go(func() error {
			r.applyLatest(ctx, w, p, report)
			return nil
		})
	}
	_ = running.Wait() // the report holds what went wrong
}
