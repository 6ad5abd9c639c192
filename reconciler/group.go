package reconciler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/trace"
)

// applyGroup brings one gateway group to its desired state, on record.
func (r *Reconciler) applyGroup(ctx context.Context, w *work, p *groupPlan, report *report) {
	switch {
	case ctx.Err() != nil: // the daemon stops: what it could not read or write says nothing of the gateway
	case p.err != nil:
		report.looksInVain(p.group.Name)
		r.troubled(w, p, report, p.err)
	case p.faults.HasErrors(): // found when the plan was made again
		r.troubled(w, p, report, p.faults.Err())
	case len(p.plan.Refusals) > 0 && w.undoing == "" && !r.allowed(w, p):
		r.troubled(w, p, report, fmt.Errorf("guard %s: %s", p.plan.Refusals[0].Guard, p.plan.Refusals[0].What))
	case p.plan.Empty():
		report.fail(r.alreadyThere(ctx, w, p, report))
	case !w.again && w.memo.refusalOf(p.group.Name, r.attempt(p), time.Now()) != nil:
		before := w.memo.refusalOf(p.group.Name, r.attempt(p), time.Now())
		r.troubled(w, p, report, fmt.Errorf("%v\nthe same plan was tried before; a new commit or SIGUSR1 tries it again", before))
	default:
		r.writeUnlessUndone(ctx, w, p, report)
	}
}

// writeUnlessUndone carries out the plan, unless it heals what somebody keeps undoing.
func (r *Reconciler) writeUnlessUndone(ctx context.Context, w *work, p *groupPlan, report *report) {
	names, err := r.undone(w, p)
	if err != nil {
		report.fail(err)
		return
	}
	if len(names) > 0 {
		r.leaveUndone(w, p, names)
		return
	}
	r.write(ctx, w, p, report)
}

// mostReplans bounds how often a plan is made again in one pass because somebody else writes at the same time.
const mostReplans = 3

// applyLatest applies a plan, and makes it anew where a foreign write has overtaken it: what was compared is no longer what is live.
func (r *Reconciler) applyLatest(ctx context.Context, w *work, p *groupPlan, report *report) {
	r.applyGroup(ctx, w, p, report)
	for range mostReplans {
		if p.partial || !report.stale(p.group.Name) {
			return
		}
		r.log.Warn("live has changed since it was read, planning again", zap.String("env", w.env.Name), zap.String("group", p.group.Name))
		again := *w
		again.look = true
		*p = *r.planGroup(ctx, &again, p.group, p.desired)
		r.applyGroup(ctx, w, p, report)
	}
}

func (r *Reconciler) troubled(w *work, p *groupPlan, report *report, err error) {
	report.add(p.group.Name, err)
	w.memo.saw(p.group.Name, sight{})
	r.board.setGroupError(w.env.Name, p.group.Name, err)
	r.tellGroup(w, p, stateAfter(err), err.Error())
}

// isThere notes that a group is as desired.
func (r *Reconciler) isThere(w *work, p *groupPlan) {
	if p.foreign != nil {
		w.memo.saw(p.group.Name, r.see(p))
	}
	r.board.setGroup(w, p)
	if r.config.Meter != nil {
		r.config.Meter.Holds(w.env.Name, p.group.Name, p.digest, p.desired)
	}
}

// alreadyThere puts a digest on record that the journal does not hold yet: live is as desired, whoever made it so. When it was
// this commit, in an apply that was cut off or failed half-way, the commit is applied.
func (r *Reconciler) alreadyThere(ctx context.Context, w *work, p *groupPlan, report *report) error {
	rest := r.settleRest(ctx, w, p)
	if rest.err != nil {
		r.troubled(w, p, report, rest.err)
		return nil
	}
	r.isThere(w, p)
	if p.partial {
		return nil
	}
	last, ok := r.past.Last(w.env.Name, p.group.Name)
	known := ok && last.State != record.Failed && last.Digest == p.digest && (w.undoing == "" || last.Commit == w.commit())
	if known {
		r.countOwed(w, p, report)
	}
	var secrets []record.SecretMark
	if !known || w.look {
		secrets = r.secretMarks(p)
	}
	if known && secrets == nil {
		return nil
	}
	entry := r.entry(w, p)
	entry.State, entry.Live, entry.Inventory, entry.Secrets = record.Unchanged, p.digest, inventory(p.desired), secrets
	if ok && !known && last.Commit == w.commit() {
		entry.State, entry.Restores, entry.Confirmed = record.Applied, last.Restores, rest.confirmed
		report.applied(w.counted(p, entry))
	}
	return r.config.Journal.Note(entry)
}

// countOwed counts what an earlier pass wrote, when nothing was verified since: the commit is not unchanged then.
func (r *Reconciler) countOwed(w *work, p *groupPlan, report *report) {
	owed, found, err := r.unverified(w.env.Name, p.group.Name)
	report.fail(err)
	if found && !w.keeping {
		report.applied(w.counted(p, owed))
		report.owes()
	}
}

// write carries out the plan between the two halves of a journal entry.
func (r *Reconciler) write(ctx context.Context, w *work, p *groupPlan, report *report) {
	rest := r.settleRest(ctx, w, p)
	if rest.err != nil {
		r.troubled(w, p, report, rest.err)
		return
	}
	entry, err := r.beginGroup(w, p)
	if err != nil {
		report.fail(fmt.Errorf("journal: %w", err))
		return
	}
	r.tellGroup(w, p, record.Applying, p.plan.Summary())
	defer r.beginWriting(w, p.group.Name)()
	how := performance{commit: w.commit(), undrained: rest.waited, whole: entry.Restores != ""}
	result, live, applyErr := r.carryPlan(ctx, w, p, how)
	result.Confirmed = result.Confirmed && rest.confirmed
	count(&entry, result)
	entry.Live = live
	r.finish(&entry, p, result, applyErr)
	r.noteRefusal(w, p, result, applyErr)
	if err := r.finishOrKeep(entry); err != nil {
		w.memo.saw(p.group.Name, sight{})
		report.fail(err)
		return
	}
	r.ended(ctx, w, p, entry, applyErr, report)
}

// carryPlan carries out the plan, here or by the hand of the group.
func (r *Reconciler) carryPlan(ctx context.Context, w *work, p *groupPlan, how performance) (apply.Result, string, error) {
	if p.group.Hand != nil {
		return performAfar(ctx, p, how)
	}
	return r.perform(ctx, w, p, how)
}

// noteRefusal keeps a plan that a gateway refused, so that it is not tried again and again. One that it took and did not carry out is
// tried again after the drift interval: somebody else may have written at the same time.
func (r *Reconciler) noteRefusal(w *work, p *groupPlan, result apply.Result, err error) {
	refused := slices.ContainsFunc(result.Done, func(o apply.Outcome) bool { return class(o.Err) == gateway.Refused })
	switch {
	case errors.Is(err, errUnlike):
		w.memo.refused(p.group.Name, refusal{attempt: r.attempt(p), err: err, until: time.Now().Add(r.config.DriftInterval)})
	case err != nil && refused && wroteNothing(result):
		w.memo.refused(p.group.Name, refusal{attempt: r.attempt(p), err: err})
	default:
		w.memo.refused(p.group.Name, refusal{})
	}
}

func wroteNothing(result apply.Result) bool {
	return !slices.ContainsFunc(result.Done, func(o apply.Outcome) bool { return o.Err == nil && o.Change.Writes() })
}

func (r *Reconciler) ended(ctx context.Context, w *work, p *groupPlan, entry record.Entry, err error, report *report) {
	log := r.log.With(append(trace.Fields(ctx), zap.String("commit", w.snapshot.Commit.Short()), zap.String("env", w.env.Name),
		zap.String("group", p.group.Name), zap.Duration("dur", entry.Finished.Sub(entry.Started)))...)
	if err != nil {
		log.Error("apply ended early", zap.Error(err), zap.Int("failed", entry.Failed))
		r.troubled(w, p, report, err)
		return
	}
	log.Info("applied", zap.Int("created", entry.Created), zap.Int("updated", entry.Updated),
		zap.Int("deleted", entry.Deleted), zap.String("reason", entry.Reason), zap.String("restores", entry.Restores))
	report.applied(w.counted(p, entry))
	r.isThere(w, p)
	r.tellGroup(w, p, record.Applied, entryText(entry))
}

// entry is the common part of all journal entries of a group.
func (r *Reconciler) entry(w *work, p *groupPlan) record.Entry {
	commit := w.snapshot.Commit
	reason := "commit"
	switch {
	case w.undoing == "" && p.drift:
		reason = "drift"
		if p.onlyRotated() {
			reason = "rotation"
		}
	case w.step[p.group.Name] != "":
		reason = canaryReason
	case w.undoing != "":
		reason = "rollback"
	}
	return record.Entry{
		Commit: commit.Hash, Subject: commit.Subject, Author: commit.Author, When: commit.When,
		Environment: w.env.Name, Group: p.group.Name, Reason: reason, Text: w.step[p.group.Name],
		Digest: p.digest, Plan: p.plan.Digest(), Rotated: p.rotated, Started: time.Now(),
	}
}

// begun is the entry as it stands before the first write. Its inventory already names what is about to be created, so that a
// kill in the middle loses track of nothing.
func (r *Reconciler) begun(w *work, p *groupPlan) record.Entry {
	entry := r.entry(w, p)
	entry.State = record.Applying
	entry.Restores = r.restores(w, p)
	entry.Inventory = union(r.past.Inventory(w.env.Name, p.group.Name), inventory(p.desired))
	if !p.partial {
		entry.Sent = r.sending(w, p)
	}
	if last, ok := r.past.Last(w.env.Name, p.group.Name); ok && last.State == record.Failed && last.Plan == entry.Plan {
		return entry // the same again: the entry before has the list
	}
	for _, change := range p.plan.Changes() {
		entry.Changes = append(entry.Changes, record.ChangeLine{
			Op: change.Op, Key: change.Key, Phase: change.Phase,
		})
	}
	return entry
}

// restores names the commit whose verified state the desired one is again, when it is not simply the last.
func (r *Reconciler) restores(w *work, p *groupPlan) string {
	if p.drift || p.unignored {
		return ""
	}
	earlier, ok := r.past.Verified(w.env.Name, p.group.Name, p.digest)
	if !ok || earlier.Commit == w.commit() {
		return ""
	}
	return earlier.Commit
}

// inventory lists the resources whose kinds carry no label: only the journal knows that they are owned.
func inventory(state gateway.State) []gateway.Key {
	// Never nil: to the journal that would mean that nothing is said of the inventory.
	keys := []gateway.Key{}
	for key := range state {
		if !key.Kind.HasLabels() {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, gateway.Key.Compare)
	return keys
}

func union(a, b []gateway.Key) []gateway.Key {
	all := slices.Concat(a, b)
	slices.SortFunc(all, gateway.Key.Compare)
	return slices.Compact(all)
}

// count fills in what was done, in resources: one that was updated in two parts counts once.
func count(entry *record.Entry, result apply.Result) {
	done := plan.Plan{Steps: []plan.Step{{}}}
	for _, outcome := range result.Done {
		if outcome.Err != nil {
			entry.Failed++
			continue
		}
		done.Steps[0].Changes = append(done.Steps[0].Changes, outcome.Change)
	}
	counts := done.Counts()
	entry.Created, entry.Updated = counts[plan.Create], counts[plan.Update]
	entry.Deleted, entry.Adopted = counts[plan.Delete], counts[plan.Adopt]
}

// finish gives an entry its end. After a failure the inventory stays as it was begun: it may name too much, never too little.
func (r *Reconciler) finish(entry *record.Entry, p *groupPlan, result apply.Result, err error) {
	entry.Finished = time.Now()
	entry.Confirmed = result.Confirmed
	if err != nil {
		entry.State = record.Failed
		entry.Error = err.Error()
		return
	}
	entry.State = record.Applied
	if p.partial {
		return // of what it was not asked for it says nothing
	}
	entry.Inventory = inventory(p.desired)
	entry.Sent = r.sent(p.desired)
	entry.Secrets = r.secretMarks(p)
}
