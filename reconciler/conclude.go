package reconciler

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

func (r *report) fail(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

func (r *report) add(group string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.troubles = append(r.troubles, trouble{group, err})
}

// stale reports whether a foreign write has overtaken the plan of a group, and if so forgets the trouble.
func (r *report) stale(group string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := len(r.troubles)
	r.troubles = slices.DeleteFunc(r.troubles, func(t trouble) bool { return t.group == group && class(t.err) == gateway.Moved })
	return len(r.troubles) < before
}

func (r *report) applied(entry record.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrote = true
	r.groups++
	r.created += entry.Created
	r.updated += entry.Updated
	r.deleted += entry.Deleted
	r.adopts += entry.Adopted
	if entry.Restores != "" {
		r.restores = entry.Restores
	}
}

// conclude says what the environment came to.
func (r *Reconciler) conclude(w *work, waves [][]*groupPlan, report *report) outcome {
	switch {
	case len(report.troubles) > 0:
		return r.unfinished(w, report)
	case w.keeping:
		r.tellLeft(w, waves)
		return outcome{}
	case !report.wrote:
		return r.end(w, record.Unchanged, "nothing to change")
	case r.onlyDrift(w, waves):
		// The commit was applied before: its own outcome stands, and the journal has the group's entry.
		w.memo.commit, w.memo.state, w.memo.retry = w.commit(), record.Applied, false
		if last, ok := r.past.Last(w.env.Name, ""); ok {
			r.board.setEnvironment(w.env.Name, w.commit(), last.State, last.Text, last.Error)
		}
		r.tellDrift(w, record.Applied, healText(waves)+report.text())
		r.tellLeft(w, waves)
		return outcome{}
	}
	return r.end(w, record.Applied, report.text())
}

func (r *Reconciler) onlyDrift(w *work, waves [][]*groupPlan) bool {
	for _, wave := range waves {
		for _, p := range wave {
			if !p.drift && !p.plan.Empty() {
				return false
			}
		}
	}
	last, ok := r.past.Last(w.env.Name, "")
	return ok && last.Commit == w.commit() && (last.State == record.Applied || last.State == record.Unchanged)
}

func (r *report) text() string {
	text := fmt.Sprintf("%d created, %d updated, %d deleted on %s", r.created, r.updated, r.deleted, plural(r.groups, "group"))
	if r.adopts > 0 {
		text += fmt.Sprintf("; %d adopted", r.adopts)
	}
	if r.restores != "" {
		text += "; restores " + r.restores[:min(7, len(r.restores))]
	}
	return text
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// unfinished ends a turn in which a group did not get there: failed for good when a gateway refused or denied something, to be
// tried again when it was out of reach.
func (r *Reconciler) unfinished(w *work, report *report) outcome {
	state, texts, errors := record.Failed, []string{}, []string{}
	passing := true
	for _, trouble := range report.troubles {
		passing = passing && passes(trouble.err)
		texts = append(texts, trouble.group+": "+trouble.text())
		errors = append(errors, trouble.group+": "+trouble.err.Error())
	}
	text := strings.Join(texts, "; ")
	if w.keeping {
		return outcome{retry: passing}
	}
	if passing {
		w.memo.commit, w.memo.state, w.memo.retry = w.commit(), record.Planning, true
		r.tell(w, record.Planning, text+", retrying")
		r.log.Warn("gateway out of reach, will retry", zap.String("env", w.env.Name), zap.String("err", text))
		return outcome{retry: true}
	}
	if w.memo.commit != w.commit() || w.memo.state != state {
		r.log.Error("failed", zap.String("commit", w.snapshot.Commit.Short()), zap.String("env", w.env.Name), zap.Strings("errs", errors))
	}
	return outcome{err: r.close(w, state, text, strings.Join(errors, "\n"))}
}

// text says what is wrong in one line. Which request found a gateway out of reach differs from pass to pass; the group's own error
// has it.
func (t trouble) text() string {
	if class(t.err) == gateway.Unreachable {
		return "admin API unreachable"
	}
	line, _, _ := strings.Cut(t.err.Error(), "\n")
	return line
}

// passes reports whether trouble may mend by itself: the gateway is out of reach, or somebody else keeps writing to it.
func passes(err error) bool { return class(err) == gateway.Unreachable || class(err) == gateway.Moved }

func stateAfter(err error) record.State {
	if passes(err) {
		return record.Planning
	}
	return record.Failed
}

// end closes the environment's turn for this commit.
func (r *Reconciler) end(w *work, state record.State, text string) outcome {
	return outcome{err: r.close(w, state, text, "")}
}

// close puts the final state of a commit in an environment on record, once, and tells it.
func (r *Reconciler) close(w *work, state record.State, text, detail string) error {
	if w.keeping {
		return nil
	}
	w.memo.commit, w.memo.state, w.memo.retry = w.commit(), state, false
	if state == record.Applied || state == record.Unchanged {
		w.memo.applied = w.commit()
	}
	if last, ok := r.onRecord(w, state, text, detail); ok {
		r.board.setEnvironment(w.env.Name, w.commit(), last.State, last.Text, last.Error)
		return nil
	}
	commit := w.snapshot.Commit
	err := r.config.Journal.Note(record.Entry{
		Commit: commit.Hash, Subject: commit.Subject, Author: commit.Author, When: commit.When,
		Environment: w.env.Name, State: state, Reason: "commit", Text: text, Error: detail,
	})
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	r.tellAll(w, state, text, detail)
	return nil
}

// onRecord returns the entry that holds this end of the commit already. A commit that was applied is not "unchanged" when a later
// pass finds nothing to do.
func (r *Reconciler) onRecord(w *work, state record.State, text, detail string) (record.Entry, bool) {
	last, ok := r.past.Last(w.env.Name, "")
	if !ok || last.Commit != w.commit() {
		return last, false
	}
	nothingNew := state == record.Unchanged && (last.State == record.Applied || last.State == record.Unchanged)
	return last, nothingNew || last.State == state && last.Text == text && last.Error == detail
}

// keeper is the memory for what an environment runs, beside the one for the commit that it waits with.
func (r *Reconciler) keeper(w *work) *memo { return r.memo(w.env.Name + " (applied)") }

// keep holds a waiting, held or faulty environment at the commit that it runs: drift is healed to what was applied last, not to
// what has not opened yet.
func (r *Reconciler) keep(ctx context.Context, w *work) outcome {
	last, ok := r.past.LastApplied(w.env.Name, "")
	// A commit that was applied and that a policy denies since an exception ended is kept as it runs.
	if !ok || last.Commit == w.commit() && !w.denied {
		return outcome{}
	}
	applied, err := r.config.History.At(last.Commit)
	if err != nil {
		r.log.Warn("applied commit is not in the mirror, drift can't be seen", zap.String("env", w.env.Name), zap.Error(err))
		return outcome{}
	}
	tree, err := r.load(applied)
	if err != nil {
		return outcome{}
	}
	env, ok := tree.Find(w.env.Name)
	if !ok {
		return outcome{}
	}
	kept := &work{snapshot: applied, tree: tree, env: env, keeping: true, again: w.again, memo: r.keeper(w)}
	kept.memo.commit, kept.memo.state = applied.Commit.Hash, record.Applied
	return outcome{retry: r.environment(ctx, kept).retry}
}
