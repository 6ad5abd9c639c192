package reconciler

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// Worker does the work at gateway groups for the Reconciler of another process, over its own mirror of the config repo and its own view of
// the journal. It decides nothing and writes to no journal. It is safe for use by several goroutines at once; one at a time may work at
// the same group.
type Worker struct {
	*Planner
	layouts layouts

	mu   sync.Mutex
	kept map[string]kept // by group
}

var _ Hand = (*Worker)(nil)

// kept is what a worker remembers of a group while it is the only one that writes there.
type kept struct {
	seen map[string]sight // by environment: what was seen live
	look string           // the last one; empty: there is no plan of it
	work *work
	plan *groupPlan
}

// NewWorker returns a Worker. Of config it needs Source, History and Groups, and Values where they are used. Past is the journal that the
// other process writes.
func NewWorker(config Config, past *record.View) *Worker {
	k := &Worker{Planner: NewPlanner(config, past), kept: map[string]kept{}}
	k.writes = true
	return k
}

// Forget drops what is known of a group: from now on another one may write there, or may have done so.
func (k *Worker) Forget(group string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.kept, group)
}

// Look compares the desired state of a group with live, and keeps the plan for Carry until the next look.
func (k *Worker) Look(ctx context.Context, look Look) (Finding, error) {
	k.drop(look.Group)
	w, desired, err := k.find(ctx, look)
	if err != nil {
		return Finding{Failure: FailureOf(err)}, nil
	}
	seen := k.lastSight(look.Environment, look.Group)
	w.look = look.Known == "" || look.Known != seen.digest
	w.memo = &memo{failed: map[string]refusal{}, seen: map[string]sight{look.Group: seen}}
	w.unignored = k.unignored(w)
	g := k.planGroup(ctx, w, k.groups[look.Group], desired)
	if ctx.Err() != nil {
		return Finding{}, Unable(ctx.Err())
	}
	return k.finding(w, g), nil
}

// finding keeps a plan that is to be carried out, or what was seen where there is nothing to do.
func (k *Worker) finding(w *work, g *groupPlan) Finding {
	found := Finding{
		Look: rand.Text(), Plan: g.plan.Outline(), Faults: g.faults, Ignored: g.ignored, Rotated: g.rotated, Left: g.left,
		Seen: g.foreign != nil, Attempt: k.attempt(g), Failure: FailureOf(g.err),
	}
	switch {
	case g.err != nil:
		k.saw(w.env.Name, g.group.Name, sight{})
	case !g.plan.Empty():
		k.keep(found.Look, w, g)
	case g.foreign != nil:
		k.saw(w.env.Name, g.group.Name, k.see(g))
	}
	return found
}

// Settle waits until every instance has taken these resources.
func (k *Worker) Settle(ctx context.Context, settle Settle) (Settled, error) {
	group, ok := k.groups[settle.Group]
	if !ok {
		return Settled{Failure: FailureOf(unknownGroup(settle.Group))}, nil
	}
	confirmed, err := group.Gateway.Settle(ctx, settle.Keys)
	if ctx.Err() != nil {
		return Settled{}, Unable(ctx.Err())
	}
	return Settled{Confirmed: confirmed, Failure: FailureOf(err)}, nil
}

// Carry carries out the plan of the last look. A plan that is not known here was made by another one, or before a restart: live must be
// looked at again, as after a foreign write.
func (k *Worker) Carry(ctx context.Context, carry Carry) (Carried, error) {
	last, ok := k.take(carry.Group, carry.Look)
	if !ok || last.plan.plan.Digest() != carry.Plan {
		return Carried{Failure: FailureOf(&gateway.Error{Class: gateway.Moved, Op: "apply", Reason: "the plan is not known where it is to be carried out"})}, nil
	}
	how := performance{commit: last.work.commit(), undrained: carry.Undrained, whole: carry.Whole}
	if !last.work.keeping && !last.plan.drift {
		ctx = k.config.Tracer.Commit(ctx, last.work.commit()) // the one that asks may stand elsewhere: the trace is the same
	}
	result, live, err := k.perform(ctx, last.work, last.plan, how)
	if err == nil && last.plan.foreign != nil {
		k.saw(last.work.env.Name, carry.Group, k.see(last.plan))
	} else {
		k.saw(last.work.env.Name, carry.Group, sight{})
	}
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w; %w", err, Unable(errors.New("this replica was told to stop")))
	}
	return Carried{Done: doneOf(result), Confirmed: result.Confirmed, Live: live, Failure: FailureOf(err)}, nil
}

func doneOf(result apply.Result) []DoneChange {
	done := make([]DoneChange, 0, len(result.Done))
	for _, outcome := range result.Done {
		line := DoneChange{Op: outcome.Change.Op, Phase: outcome.Change.Phase, Key: outcome.Change.Key, Silent: !outcome.Change.Writes()}
		if outcome.Err != nil {
			line.Failed = cmp.Or(class(outcome.Err), gateway.Unreachable)
		}
		done = append(done, line)
	}
	return done
}

func (k *Worker) keep(look string, w *work, g *groupPlan) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := k.kept[g.group.Name]
	at.look, at.work, at.plan = look, w, g
	k.kept[g.group.Name] = at
}

// drop forgets the plan of the look before.
func (k *Worker) drop(group string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept[group] = kept{seen: k.kept[group].seen}
}

// take returns the plan of a look, once.
func (k *Worker) take(group, look string) (kept, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := k.kept[group]
	k.kept[group] = kept{seen: at.seen}
	return at, at.look == look && look != ""
}

func (k *Worker) saw(environment, group string, seen sight) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := k.kept[group]
	if at.seen == nil {
		at.seen = map[string]sight{}
	}
	clear(at.seen) // what one environment has written another one has not seen
	at.seen[environment] = seen
	k.kept[group] = at
}

func (k *Worker) lastSight(environment, group string) sight {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kept[group].seen[environment]
}

func unknownGroup(name string) error {
	return Unable(fmt.Errorf("the daemon's file of this replica has no gateway group %q", name))
}

var errOther = errors.New("this replica comes to another desired state than the leader: are their daemon's files and secrets the same?")
