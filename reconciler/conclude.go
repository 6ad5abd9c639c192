package reconciler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
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

// looksInVain notes a group that could not be looked at.
func (r *report) looksInVain(group string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unread == nil {
		r.unread = map[string]bool{}
	}
	r.unread[group] = true
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
	if entry.Reason == canaryReason {
		return // what counts is where the steps lead to
	}
	r.groups++
	r.created += entry.Created
	r.updated += entry.Updated
	r.deleted += entry.Deleted
	r.adopts += entry.Adopted
	if entry.Restores != "" {
		r.restores = entry.Restores
	}
}

func (r *report) owes() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owed = true
}

// conclude says what the environment came to.
func (r *Reconciler) conclude(ctx context.Context, w *work, waves [][]*groupPlan, report *report) outcome {
	r.tellLeft(w, waves)
	switch {
	case len(report.troubles) > 0:
		return r.unfinished(ctx, w, report)
	case w.keeping:
		return outcome{}
	case !report.wrote:
		return r.end(w, record.Unchanged, "nothing to change")
	case !report.owed && r.onlyDrift(w, waves):
		// The commit was applied before: its own outcome stands, and the journal has the group's entry.
		w.memo.commit, w.memo.state, w.memo.retry = w.commit(), record.Applied, false
		if last, ok := r.past.LastTurn(w.env.Name); ok {
			r.board.setEnvironment(w.env.Name, w.commit(), last.State, last.Text, last.Error)
		}
		r.tellDrift(w, record.Applied, healText(waves)+report.text())
		return outcome{}
	}
	return r.end(w, record.Applied, w.heldText(report.text()))
}

func (r *Reconciler) onlyDrift(w *work, waves [][]*groupPlan) bool {
	for _, wave := range waves {
		for _, p := range wave {
			if !p.drift && !p.plan.Empty() {
				return false
			}
		}
	}
	last, ok := r.past.LastTurn(w.env.Name)
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
func (r *Reconciler) unfinished(ctx context.Context, w *work, report *report) outcome {
	text, detail, passing := report.sum()
	passing = passing || r.onlyLooks(w, report)
	if w.keeping {
		return outcome{retry: passing}
	}
	if passing {
		w.memo.commit, w.memo.state, w.memo.retry = w.commit(), record.Planning, true
		r.tell(w, record.Planning, text+", retrying")
		message := "not finished, will retry"
		if report.outOfReach() {
			message = "gateway out of reach, will retry"
		}
		r.log.Warn(message, zap.String("env", w.env.Name), zap.String("error", text))
		return outcome{retry: true}
	}
	if w.memo.commit != w.commit() || w.memo.state != record.Failed {
		r.log.Error("failed", zap.String("commit", w.snapshot.Commit.Short()), zap.String("env", w.env.Name), zap.String("error", detail))
	}
	if slices.ContainsFunc(w.env.Groups(), func(group string) bool { return r.inSteps(w, group) }) {
		return r.takeBack(ctx, w, text, detail)
	}
	if w.rollsBack() && !r.runs(w.env.Name, w.commit()) && r.wroteCommit(w) {
		return r.beginRollback(ctx, w, text, detail)
	}
	return outcome{err: r.close(w, record.Failed, text, detail)}
}

// onlyLooks reports whether nothing but looks at what was applied before is denied, or may pass by itself: that takes nothing from what the
// commit came to, and lasts until the key is mended.
func (r *Reconciler) onlyLooks(w *work, report *report) bool {
	last, ok := r.past.LastTurn(w.env.Name)
	if !ok || w.keeping || last.Commit != w.commit() || last.State != record.Applied && last.State != record.Unchanged {
		return false
	}
	return !slices.ContainsFunc(report.troubles, func(t trouble) bool {
		return !passes(t.err) && (class(t.err) != gateway.Denied || !report.unread[t.group])
	})
}

// outOfReach reports whether every trouble is a gateway that does not answer.
func (r *report) outOfReach() bool {
	return !slices.ContainsFunc(r.troubles, func(t trouble) bool { return class(t.err) != gateway.Unreachable || answers(t.err) != 0 })
}

// text says what is wrong in one line. Which request found a gateway out of reach differs from pass to pass; the group's own error
// has it.
func (t trouble) text() string {
	if class(t.err) == gateway.Unreachable && !errors.Is(t.err, ErrUnable) {
		if status := answers(t.err); status != 0 {
			return fmt.Sprintf("admin API answers %d %s", status, http.StatusText(status))
		}
		return "admin API unreachable"
	}
	line, _, _ := strings.Cut(t.err.Error(), "\n")
	return line
}

// answers returns the status with which an Admin API says that it will not do at all what it is asked; 0 when there was none. The others that
// a server fails with change from one request to the next while a gateway is in trouble, and its own error has them.
func answers(err error) int {
	if answered, ok := errors.AsType[*gateway.Error](err); ok && answered.Status == http.StatusNotImplemented {
		return answered.Status
	}
	return 0
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

// close puts the final state of a commit in an environment on record, once, and tells it. The memory says so only when that is durable:
// else the environments after this one would open for what no journal holds, and nobody would come back to it.
func (r *Reconciler) close(w *work, state record.State, text, detail string) error {
	if w.keeping {
		return nil
	}
	if last, ok := r.onRecord(w, state, text, detail); ok {
		w.memo.closed(w.commit(), state)
		r.board.setEnvironment(w.env.Name, w.commit(), last.State, last.Text, last.Error)
		r.showEnd(last)
		return nil
	}
	if err := r.carry(w, state); err != nil {
		return err
	}
	entry := environmentEntry(w.env.Name, w.snapshot.Commit)
	entry.State, entry.Reason, entry.Text, entry.Error = state, cmp.Or(w.reason, "commit"), text, detail
	entry.Verified = w.memo.verified.of(w.commit()).checks
	if state == record.Applied {
		entry.Groups = w.env.Groups()
	}
	began := time.Now()
	err := r.config.Journal.Note(r.withStatus(entry))
	r.took(StageRecord, w.env.Name, began, err)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	w.memo.closed(w.commit(), state)
	r.tellAll(w, state, text, detail)
	return nil
}

// environmentEntry is the common part of the entries of an environment as a whole.
func environmentEntry(env string, commit source.Commit) record.Entry {
	return record.Entry{
		Commit: commit.Hash, Subject: commit.Subject, Author: commit.Author, When: commit.When, Environment: env, Reason: "commit",
	}
}

// onRecord returns the entry that holds this end of the commit already. A commit that was applied is not "unchanged" when a later
// pass finds nothing to do. What was written anew is applied anew, though the words are the same.
func (r *Reconciler) onRecord(w *work, state record.State, text, detail string) (record.Entry, bool) {
	last, ok := r.past.LastTurn(w.env.Name)
	if !ok || last.Commit != w.commit() {
		return last, false
	}
	nothingNew := state == record.Unchanged && (last.State == record.Applied || last.State == record.Unchanged)
	same := last.State == state && state != record.Applied && last.Text == text && last.Error == detail
	return last, nothingNew || same
}
