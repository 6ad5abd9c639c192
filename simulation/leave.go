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

// notRolledBack reports whether the head did not hold in an environment that wants back what it had, and stands there all the same.
func (w *world) notRolledBack(s stand) bool {
	head := w.remote.head
	ends := w.ledger.ends(s.name, head.Commit.Hash)
	before := w.ledger.lastDone(s.name)
	if len(ends) == 0 || before == "" || before == head.Commit.Hash || head.content.rollouts[s.name].onFailure != "rollback" {
		return false
	}
	last := ends[len(ends)-1]
	return last.State == record.Failed && last.Reason == "verify" && !strings.Contains(last.Text, "rolling back to")
}

// everyTurn reports whether each commit has its turn in an environment: it says so itself, or one that comes after it does.
func (w *world) everyTurn(s stand) bool {
	return w.remote.head.content.rollouts[s.name].every || slices.ContainsFunc(w.stands, func(after stand) bool {
		return slices.Contains(after.after, s.name) && w.everyTurn(after)
	})
}

// jumpedOver reports whether a commit of the branch was carried by another one where each has its turn. One that was stopped before, that
// came before the environment had its first turn, or that another one took with it whose layout is at fault, had none.
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
	return w.ledger.hadTurnBefore(s.name, end.ID)
}

// hadTurnBefore reports whether an environment had ended with a commit of its own before an entry.
func (l *ledger) hadTurnBefore(environment string, id int64) bool {
	return slices.ContainsFunc(l.ends(environment, ""), func(e record.Entry) bool { return e.State != record.Superseded && e.ID < id })
}
