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
// came before the environment's line begins, or that another one took with it whose layout is at fault, had none.
func (w *world) jumpedOver(s stand, c *revision, end record.Entry) bool {
	carrier := w.remote.all[end.CarriedBy]
	if !w.everyTurn(s) || carrier == nil || w.oracle.misread(carrier, s.name) || !isAncestor(c.Commit.Hash, w.remote.head) {
		return false
	}
	if w.wasLost(s.name, c) || w.gaveWay(s, carrier) {
		return false // the newest commit carries what a remote that lags had hidden, and a revert what stood at a step
	}
	for _, before := range s.after {
		if !w.ledger.done(before, c.Commit.Hash) {
			return false
		}
	}
	over, at := w.firstTurnOver(s.name, c)
	return over != nil && !w.oracle.misread(over, s.name) && w.inLine(s.name, c, at)
}

// gaveWay reports whether a commit stood at a step of its canary when a revert came, which waits for no step.
func (w *world) gaveWay(s stand, revert *revision) bool {
	proven := !slices.ContainsFunc(s.groups(), func(group string) bool {
		return !w.ledger.proven(s.name, group, w.oracle.ask(revert.Commit.Hash, s.name, group).digest)
	})
	return proven && slices.ContainsFunc(w.ledger.lines, func(line journalLine) bool {
		e := line.Entry
		return e != nil && e.Environment == s.name && e.Reason == "canary" && isAncestor(e.Commit, revert)
	})
}

// wasLost reports whether the branch had once lost a commit, or the one that carries it, as the daemon saw it.
func (w *world) wasLost(environment string, c *revision) bool {
	return slices.ContainsFunc(w.ledger.ends(environment, c.Commit.Hash), func(e record.Entry) bool {
		return e.State == record.Superseded && (e.CarriedBy == "" || e.Outcome == record.Superseded)
	})
}

// firstTurnOver returns the first commit that had a turn of its own in an environment and leads over another one, and the line of the
// journal that ends it; nil when there is none.
func (w *world) firstTurnOver(environment string, c *revision) (over *revision, at int) {
	for i, line := range w.ledger.lines {
		if turn := w.remote.all[line.turnIn(environment)]; turn != nil && isAncestor(c.Commit.Hash, turn) {
			return turn, i
		}
	}
	return nil, 0
}

// turnIn returns the commit that comes to an end of its own in an environment with a line; "" when none does.
func (l journalLine) turnIn(environment string) string {
	e := l.Entry
	if e == nil || l.Type == "show" || e.Environment != environment || e.Group != "" || !e.State.Final() || e.State == record.Superseded {
		return ""
	}
	return e.Commit
}

// inLine reports whether a commit was in line before a line of the journal: the environment had had a turn by then, or had been
// asked for this commit or one that leads to it.
func (w *world) inLine(environment string, c *revision, before int) bool {
	return slices.ContainsFunc(w.ledger.lines[:before], func(line journalLine) bool {
		if line.turnIn(environment) != "" {
			return true
		}
		e := line.Entry
		if e == nil || e.Environment != environment || e.State == record.Superseded {
			return false
		}
		asked := w.remote.all[e.Commit]
		return isAncestor(e.Commit, c) && !w.wasLost(environment, asked)
	})
}
