package reconciler

import (
	"fmt"
	"slices"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// jumpedOver bounds how many commits that one jumps over get an entry of their own.
const jumpedOver = 500

// carryBefore closes what the commit jumps over when it is about to be written. A commit that still waits jumps over nothing: its own
// turn may never come.
func (r *Reconciler) carryBefore(w *work, waves [][]*groupPlan) error {
	empty := !slices.ContainsFunc(slices.Concat(waves...), func(p *groupPlan) bool { return !p.plan.Empty() })
	if w.keeping || empty || w.memo.carried == w.commit() {
		return nil
	}
	w.memo.carried = w.commit()
	return r.supersedeAll(w, "")
}

// carry gives the commits that this one jumped over what it came to.
func (r *Reconciler) carry(w *work, outcome record.State) error {
	if err := r.supersedeAll(w, outcome); err != nil {
		return err
	}
	return r.passOn(w.env.Name, w.snapshot.Commit, outcome)
}

// supersedeAll closes the commits between what the environment was applied at and this one that have no end: those that waited, and
// those that were never seen.
func (r *Reconciler) supersedeAll(w *work, outcome record.State) error {
	from, ok := r.past.LastApplied(w.env.Name, "")
	if !ok {
		from, ok = r.past.Last(w.env.Name, "")
	}
	if !ok || from.Commit == w.commit() {
		return nil
	}
	commits, err := r.config.History.Log(from.Commit, w.commit(), jumpedOver)
	if err != nil {
		r.log.Warn("history since the last entry can't be read", zap.String("env", w.env.Name), zap.Error(err))
		return nil
	}
	for _, commit := range commits {
		if commit.Hash == w.commit() || r.hasEnd(w.env.Name, commit.Hash) {
			continue
		}
		if err := r.supersede(w.env.Name, commit, w.snapshot.Commit, outcome); err != nil {
			return err
		}
	}
	return nil
}

// supersede notes that a commit is carried by another one, and what that one came to; empty while that is open.
func (r *Reconciler) supersede(env string, commit, by source.Commit, outcome record.State) error {
	entry := environmentEntry(env, commit)
	entry.State, entry.CarriedBy, entry.Outcome, entry.Text = record.Superseded, by.Hash, outcome, "carried by "+by.Short()
	if outcome != "" {
		entry.Text += ", which is " + string(outcome)
	}
	return r.noteSuperseded(commit, entry)
}

func (r *Reconciler) noteSuperseded(commit source.Commit, entry record.Entry) error {
	if err := r.config.Journal.Note(entry); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	r.observe(Event{Commit: commit, Environment: entry.Environment, State: record.Superseded, Text: entry.Text})
	return nil
}

// rewritten closes the commits that the branch has lost: nothing carries them.
func (r *Reconciler) rewritten(snapshot source.Snapshot, tree environments.Tree) error {
	if !snapshot.Rewritten {
		return nil
	}
	gone, err := r.config.History.Log(snapshot.Commit.Hash, snapshot.Previous, jumpedOver)
	if err != nil {
		r.log.Warn("what the branch has lost can't be read", zap.Error(err))
		return nil
	}
	for _, env := range tree.Environments {
		if err := r.lose(env.Name, gone); err != nil {
			return err
		}
	}
	return nil
}

// lose closes commits that the branch has lost in one environment, and what they carried.
func (r *Reconciler) lose(env string, gone []source.Commit) error {
	if _, known := r.past.Last(env, ""); !known {
		return nil
	}
	for _, commit := range gone {
		if r.hasEnd(env, commit.Hash) || r.rollsBackNow(env, commit.Hash) {
			continue
		}
		entry := environmentEntry(env, commit)
		entry.State, entry.Text = record.Superseded, "the branch was rewritten without it"
		if err := r.noteSuperseded(commit, entry); err != nil {
			return err
		}
		if err := r.passOn(env, commit, record.Superseded); err != nil {
			return err
		}
	}
	return nil
}

// rollsBackNow reports whether a commit is being rolled back: that is its end.
func (r *Reconciler) rollsBackNow(env, commit string) bool {
	back := r.memo(env).back
	return back != nil && back.entry.Commit == commit
}

// hasEnd reports whether the journal says how a commit ended in an environment as a whole.
func (r *Reconciler) hasEnd(env, commit string) bool {
	return r.endedAs(env, commit, record.State.Final)
}

// endedAs reports whether the journal holds an end of a commit in an environment as a whole that is one of those meant.
func (r *Reconciler) endedAs(env, commit string, meant func(record.State) bool) bool {
	entries, err := r.past.Entries(record.Filter{Environment: env, Commit: commit})
	return err == nil && slices.ContainsFunc(entries, func(e record.Entry) bool { return e.Group == "" && meant(e.State) })
}
