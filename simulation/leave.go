package simulation

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/record"
)

// giveLeave lets somebody allow what the newest commit is held for.
func (w *world) giveLeave() {
	for _, s := range w.stands {
		ends := w.ledger.ends(s.name, w.remote.head.Commit.Hash)
		if len(ends) == 0 || ends[len(ends)-1].State != record.Held {
			continue
		}
		var trailers strings.Builder
		for line := range strings.Lines(ends[len(ends)-1].Error) {
			if trailer, ok := strings.CutPrefix(strings.TrimSpace(line), "to allow it: "); ok {
				trailers.WriteString(trailer + "\n")
			}
		}
		c := w.remote.head.content.clone()
		c.broken, c.only = "", ""
		w.pushWith(w.remote.head, c, "allow it in "+s.name, trailers.String())
		return
	}
}

// hasLeave reports whether a commit that an entry brings, or one on the way to it, allows just that plan.
func (w *world) hasLeave(e record.Entry) bool {
	for c := w.remote.all[e.Commit]; c != nil; c = c.parent {
		for line := range strings.Lines(c.Commit.Message) {
			digest, ok := strings.CutPrefix(strings.TrimSpace(line), "Sluice-Allow: "+e.Environment+" ")
			if ok && len(digest) >= 16 && strings.HasPrefix(e.Plan, digest) {
				return true
			}
		}
	}
	return false
}

// deletes counts what an entry is about to remove for good.
func deletes(e record.Entry) int {
	count := 0
	for _, change := range e.Changes {
		if change.Op == plan.Delete && !change.Key.Temporary() {
			count++
		}
	}
	return count
}

// checkStands looks at an end of a commit that did not hold: where the environment wants back what it had, it must have tried.
func (w *world) checkStands(line journalLine) {
	e := line.Entry
	if e == nil || line.Type == "show" || e.Group != "" || e.State != record.Failed || e.Reason != "verify" {
		return
	}
	before, own := w.ledger.lastDone(e.Environment), w.remote.all[e.Commit]
	wants := own != nil && own.content.rollouts[e.Environment].onFailure == "rollback" && before != "" && before != e.Commit
	if wants && !strings.Contains(e.Text, "rolling back to") {
		w.breach("%s: commit %.7s did not hold, and was not rolled back: %s", e.Environment, e.Commit, e.Text)
	}
}

// everyTurn reports whether each commit has its turn in an environment: it says so itself, or one that comes after it does.
func (w *world) everyTurn(s stand) bool {
	return w.remote.head.content.rollouts[s.name].every || slices.ContainsFunc(w.stands, func(after stand) bool {
		return slices.Contains(after.after, s.name) && w.everyTurn(after)
	})
}

// jumpedOver reports whether a commit of the branch was carried by another one where each has its turn. One that was stopped before, that
// nobody had looked at yet, that came before the environment had its first turn, or that another one took with it whose layout is at fault, had none.
func (w *world) jumpedOver(s stand, c *revision, end record.Entry) bool {
	carrier := w.remote.all[end.CarriedBy]
	if !w.everyTurn(s) || carrier == nil || carrier.content.faultyIn(s.name) || !isAncestor(c.Commit.Hash, w.remote.head) {
		return false
	}
	wasLost := func(e record.Entry) bool { return e.State == record.Superseded && e.CarriedBy == "" }
	if slices.ContainsFunc(w.ledger.ends(s.name, c.Commit.Hash), wasLost) {
		return false // the newest commit carries what a remote that lags had hidden
	}
	for _, before := range s.after {
		if !w.ledger.done(before, c.Commit.Hash) {
			return false
		}
	}
	return w.ledger.names(s.name, c.Commit.Hash, end.ID) && w.ledger.hadTurnBefore(s.name, end.ID)
}

// names reports whether the journal spoke of a commit in an environment before an entry: it had been looked at, and was in line.
func (l *ledger) names(environment, commit string, id int64) bool {
	return slices.ContainsFunc(l.lines, func(line journalLine) bool {
		return line.Entry != nil && line.Entry.Environment == environment && line.Entry.Commit == commit && line.Entry.ID < id
	})
}

// hadTurnBefore reports whether an environment had ended with a commit of its own before an entry.
func (l *ledger) hadTurnBefore(environment string, id int64) bool {
	return slices.ContainsFunc(l.ends(environment, ""), func(e record.Entry) bool { return e.State != record.Superseded && e.ID < id })
}
