package reconciler

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/verify"
)

// rollback puts the last verified commit of an environment back. Its entry is open from before the first write to the end, so that a
// restart carries it on.
type rollback struct {
	entry        record.Entry  // of the commit that did not hold; Restores is the one that is put back
	verification *verification // of what was put back; nil until it is there
}

// why says in one line what did not hold.
func (b *rollback) why() string { return b.entry.Text }

func (b *rollback) commit() source.Commit {
	return source.Commit{Hash: b.entry.Commit, Subject: b.entry.Subject, Author: b.entry.Author, When: b.entry.When}
}

// rollsBack reports whether the environment wants the last verified commit back when one does not hold.
func (w *work) rollsBack() bool {
	return w.env.Rollout != nil && w.env.Rollout.OnFailure == environments.Rollback && !w.keeping && w.undoing == ""
}

// wroteCommit reports whether anything of the commit was written to a group of the environment that was never applied at it as a whole.
func (r *Reconciler) wroteCommit(w *work) bool {
	return slices.ContainsFunc(w.env.Groups(), func(group string) bool {
		if taken, ok, err := r.taken(w.env.Name, group); err == nil && ok && taken.Commit == w.commit() && isCommit(taken) {
			return true
		}
		last, ok := r.past.Last(w.env.Name, group)
		return ok && last.Commit == w.commit() && isCommit(last) && last.Created+last.Updated+last.Deleted+last.Adopted > 0
	})
}

// beginRollback puts on record that the last verified commit is to be put back, and begins with it.
func (r *Reconciler) beginRollback(ctx context.Context, w *work, why, detail string) outcome {
	return r.beginBack(ctx, w, "rollback", why, detail)
}

// beginBack does so for a reason: a whole commit goes back, or its canaries alone.
func (r *Reconciler) beginBack(ctx context.Context, w *work, reason, why, detail string) outcome {
	last, ok := r.past.LastApplied(w.env.Name, "")
	if !ok || last.Commit == w.commit() {
		return r.standAt(ctx, w, why+"; nothing was verified before, so there is nothing to go back to", detail)
	}
	entry := environmentEntry(w.env.Name, w.snapshot.Commit)
	entry.State, entry.Reason, entry.Text, entry.Error = record.Applying, reason, why, detail
	entry.Restores, entry.Verified = last.Commit, w.memo.verified.of(w.commit()).checks
	entry, err := r.config.Journal.Begin(r.withStatus(entry))
	if err != nil {
		return outcome{err: fmt.Errorf("journal: %w", err)}
	}
	w.memo.back = &rollback{entry: entry}
	return r.rollBack(ctx, w)
}

// rollBack puts the last verified commit back, group by group, the last wave first, and verifies it. The work that comes in says which
// environment it is.
func (r *Reconciler) rollBack(ctx context.Context, w *work) outcome {
	back := w.memo.back
	if v := back.verification; v != nil && !v.ended() {
		return outcome{verifying: true}
	} else if v != nil && !v.cut {
		return r.rolledBack(w, v.report)
	}
	if paused := r.pauseText(w); paused != "" {
		r.tellRollback(w, "; rolling back waits: "+paused)
		return outcome{}
	}
	old, ok := r.environmentAt(w.env.Name, back.entry.Restores)
	if !ok {
		return r.giveUp(w, "it is not in the mirror")
	}
	r.tellRollback(w, "; rolling back to "+old.snapshot.Commit.Short())
	groups, err := r.toPutBack(w, old)
	if err != nil {
		return outcome{err: fmt.Errorf("journal: %w", err)}
	}
	old.env = only(old.env, groups)
	old.undoing, old.look, old.again, old.memo = back.entry.Commit, true, w.again, r.keeper(w)
	return r.putBack(ctx, w, old)
}

// writtenSince lists the groups that were written, or may have been, since the environment was applied last.
func (r *Reconciler) writtenSince(w, old *work) []string {
	whole, _ := r.past.LastApplied(w.env.Name, "")
	return slices.DeleteFunc(slices.Clone(old.env.Groups()), func(group string) bool {
		last, ok := r.past.Last(w.env.Name, group)
		return !ok || last.ID < whole.ID
	})
}

// toPutBack lists the groups that a rollback writes: all that were written, or where a canary alone is taken back those that stand at one.
func (r *Reconciler) toPutBack(w, old *work) ([]string, error) {
	groups := r.writtenSince(w, old)
	if w.memo.back.entry.Reason != canaryReason {
		return groups, nil
	}
	return r.atSteps(w, groups)
}

// putBack writes the earlier state. Guards do not stop it: what it removes is what the commit that did not hold has brought.
func (r *Reconciler) putBack(ctx context.Context, w, old *work) outcome {
	desired, faults := r.desired(old)
	if faults.HasErrors() && mayPass(faults) {
		return r.retryRollback(w, firstLine(faults))
	}
	if faults.HasErrors() {
		return r.giveUp(w, firstLine(faults))
	}
	waves := r.planWaves(ctx, old, desired)
	report := &report{}
	if r.toZero(ctx, w, old, waves, report) && len(report.troubles) == 0 {
		waves = r.planWaves(ctx, old, desired)
	}
	for _, wave := range slices.Backward(waves) {
		if report.err != nil {
			return outcome{err: report.err}
		}
		if len(report.troubles) > 0 || ctx.Err() != nil {
			break
		}
		r.applyWave(ctx, old, wave, report)
	}
	if report.err != nil {
		return outcome{err: report.err}
	}
	if ctx.Err() != nil {
		return outcome{}
	}
	if len(report.troubles) > 0 {
		return r.notPutBack(w, report)
	}
	return r.verifyPutBack(ctx, w, old)
}

// notPutBack tries again what may pass by itself; else the environment stands as it is.
func (r *Reconciler) notPutBack(w *work, report *report) outcome {
	text, _, passing := report.sum()
	if !passing {
		return r.giveUp(w, text)
	}
	return r.retryRollback(w, text)
}

// verifyPutBack asks for health and probes once more: the state was verified before, so that nothing has to soak.
func (r *Reconciler) verifyPutBack(ctx context.Context, w, old *work) outcome {
	if !old.verifies() || r.config.Verifier == nil {
		return r.rolledBack(w, verify.Report{})
	}
	wave, err := r.waveOf(old, old.env.Groups())
	if err != nil {
		return outcome{err: err}
	}
	wave.Proven = true
	at := "; " + old.snapshot.Commit.Short() + " is back, "
	r.tellRollback(w, at+"verifying")
	back := w.memo.back
	back.verification = r.startVerifying(ctx, back.entry.Commit, 0, wave, func(text string) { r.tellBack(w.env.Name, back, at+text) })
	return outcome{verifying: true}
}

// rolledBack ends a rollback. What it put back is said to run even when it does not verify now: it does.
func (r *Reconciler) rolledBack(w *work, report verify.Report) outcome {
	entry := w.memo.back.entry
	entry.State = record.RolledBack
	entry.Text = fmt.Sprintf("%s; %s runs %s again", entry.Text, w.env.Name, short(entry.Restores))
	if entry.Reason == canaryReason {
		entry.State, entry.Reason = record.Failed, "verify"
		entry.Text = w.memo.back.why() + "; taken back"
	} else if added, all := r.addedBy(w); len(added) > 0 {
		entry.Text += "; " + strings.Join(added, ", ") + ", which it added, keeps what it has"
		if all {
			entry.State, entry.Reason = record.Failed, "verify"
			entry.Text = w.memo.back.why() + "; only " + strings.Join(added, ", ") + " has it, which it added and which keeps it"
		}
	}
	entry.Verified = slices.Concat(entry.Verified, checksOf(report))
	if check, failed := report.Failed(); failed {
		entry.Text += ", and there too: " + checkText(check)
	}
	return r.endRollback(w, entry)
}

// giveUp ends a rollback that can't be carried out. The environment stands as it is until somebody acts.
func (r *Reconciler) giveUp(w *work, why string) outcome {
	entry := w.memo.back.entry
	entry.State, entry.Reason = record.Failed, "verify"
	entry.Text = fmt.Sprintf("%s; rolling back to %s: %s", entry.Text, short(entry.Restores), why)
	return r.endRollback(w, entry)
}

func (r *Reconciler) endRollback(w *work, entry record.Entry) outcome {
	commit := w.memo.back.commit()
	if err := r.passOn(w.env.Name, commit, entry.State); err != nil {
		return outcome{err: err}
	}
	if err := r.config.Journal.Finish(r.withStatus(entry)); err != nil {
		return outcome{err: fmt.Errorf("journal: %w", err)}
	}
	m := w.memo
	m.back = nil
	m.ended()
	m.forget() // it was the keeper that wrote
	m.commit, m.state, m.retry = entry.Commit, entry.State, false
	r.log.Error("rolled back", zap.String("commit", commit.Short()), zap.String("env", w.env.Name), zap.String("reason", entry.Text))
	r.showRollback(w.env.Name, commit, entry.State, entry.Text, entry.Error)
	for _, group := range w.env.Groups() { // the commit may have had nothing for some of them
		r.board.setRunning(w.env.Name, group, r.commitOf(w.env.Name, group))
	}
	return outcome{more: commit.Hash != w.commit()} // the newest commit has waited for this
}

func (r *Reconciler) tellRollback(w *work, text string) { r.tellBack(w.env.Name, w.memo.back, text) }

func (r *Reconciler) tellBack(env string, back *rollback, text string) {
	r.showRollback(env, back.commit(), record.Applying, back.why()+text, back.entry.Error)
}

func (r *Reconciler) showRollback(env string, commit source.Commit, state record.State, text, detail string) {
	r.board.setEnvironment(env, commit.Hash, state, text, detail)
	r.observe(Event{Commit: commit, Environment: env, State: state, Text: text, Detail: detail})
}

func short(hash string) string { return hash[:min(7, len(hash))] }

// sum says in one line and in full what went wrong, and whether all of it may pass by itself.
func (r *report) sum() (text, detail string, passing bool) {
	var texts, errors []string
	passing = true
	for _, trouble := range r.troubles {
		passing = passing && passes(trouble.err)
		texts = append(texts, trouble.group+": "+trouble.text())
		errors = append(errors, trouble.group+": "+trouble.err.Error())
	}
	return strings.Join(texts, "; "), strings.Join(errors, "\n"), passing
}
