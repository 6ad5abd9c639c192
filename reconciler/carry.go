package reconciler

import (
	"fmt"
	"slices"

	"go.uber.org/zap"

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
	if err := r.supersedeAll(w, ""); err != nil {
		return err
	}
	w.memo.carried = w.commit()
	return nil
}

// carry gives the commits that this one jumped over what it came to.
func (r *Reconciler) carry(w *work, outcome record.State) error {
	if err := r.supersedeAll(w, outcome); err != nil {
		return err
	}
	return r.passOn(w.env.Name, w.snapshot.Commit, outcome)
}

// supersedeAll closes the commits before this one that have no end in the environment: those that the journal names, and those that came
// since the last one that was applied, though nobody has ever looked at them.
func (r *Reconciler) supersedeAll(w *work, outcome record.State) error {
	commits, err := r.looseBefore(w.env.Name, w.commit())
	if err == nil {
		commits, err = r.withUnseen(w, commits)
	}
	if err != nil {
		r.log.Warn("history before the commit can't be read", zap.String("env", w.env.Name), zap.Error(err))
	}
	for _, commit := range commits {
		if err := r.supersede(w.env.Name, commit, w.snapshot.Commit, outcome); err != nil {
			return err
		}
	}
	return nil
}

// withUnseen adds to a list of commits those without an end between what the environment was applied at and the commit.
func (r *Reconciler) withUnseen(w *work, commits []source.Commit) ([]source.Commit, error) {
	from, ok := r.past.LastApplied(w.env.Name, "")
	if !ok {
		from, ok = r.past.LastTurn(w.env.Name)
	}
	if !ok || from.Commit == w.commit() {
		return commits, nil
	}
	since, err := r.config.History.Log(from.Commit, w.commit(), jumpedOver)
	for _, commit := range since {
		listed := slices.ContainsFunc(commits, func(c source.Commit) bool { return c.Hash == commit.Hash })
		if !listed && commit.Hash != w.commit() && !r.past.HasEnd(w.env.Name, commit.Hash) {
			commits = append(commits, commit)
		}
	}
	return commits, err
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
	if err := r.config.Journal.Note(r.withStatus(entry)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	r.observe(Event{Commit: commit, Environment: entry.Environment, State: record.Superseded, Text: entry.Text})
	return nil
}
