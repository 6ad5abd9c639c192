package simulation

import (
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// pass is the beginning of a pass of the daemon: when it was told where the branch stands, and what.
type pass struct {
	at   time.Time
	head *revision // nil: it was not told
}

// mostLooks is how often one pass asks where the branch stands, at most.
const mostLooks = 3

// passes notes the beginning of a pass.
func (w *world) passes(head *revision) {
	w.begun = append(w.begun, pass{time.Now(), head})
	w.begun = w.begun[max(0, len(w.begun)-mostLooks):]
}

// checkBegin looks at an entry of a gateway group in the moment in which it is begun: nothing may stand in its way. What stood in the way
// all the time since the pass began counts; a gate that shuts while a pass is under way stops nothing.
func (w *world) checkBegin(line journalLine) {
	e := line.Entry
	if line.Type != "begin" || e.Group == "" {
		return
	}
	own, known := w.remote.all[e.Commit]
	switch {
	case w.shutThroughout(*e, w.pausedAt):
		w.breach("%s: %s of commit %.7s begins while %s is paused", e.Group, e.Reason, e.Commit, e.Environment)
	case e.Reason == "drift" && known && own.content.rollouts[e.Environment].report:
		w.breach("%s: drift is healed, and is only to be told", e.Group)
	case (e.Reason == "commit" || e.Reason == "canary") && w.shutThroughout(*e, w.shutAt) && !w.ledger.runs(*e) && !w.ledger.underway(*e) && !w.mayRevert(*e):
		w.breach("%s: commit %.7s begins at %v while %s is shut: %s", e.Group, e.Commit, e.Started.UTC(), e.Environment, w.begun[len(w.begun)-1].head.content.rollouts[e.Environment])
	case e.Reason == "commit" && deletes(*e) > mostDeletes && !w.hasLeave(*e):
		w.breach("%s: commit %.7s deletes %d resources, past the guard", e.Group, e.Commit, deletes(*e))
	}
}

// shutThroughout reports whether something held at every moment since the pass began, by every commit that may have been the newest to it.
func (w *world) shutThroughout(e record.Entry, holds func(head *revision, e record.Entry, t time.Time) bool) bool {
	const step = 10 * time.Minute
	if len(w.begun) < mostLooks {
		return false
	}
	for _, began := range w.begun {
		if began.head == nil {
			return false
		}
		for t := began.at; t.Before(e.Started); t = t.Add(step) {
			if !holds(began.head, e, t) {
				return false
			}
		}
		if !holds(began.head, e, e.Started) {
			return false
		}
	}
	return true
}

// rolloutAt is how an environment takes an entry by the newest commit. One whose layout is at fault says nothing.
func rolloutAt(head *revision, e record.Entry) (rollout, bool) {
	if !head.content.faultyIn(e.Environment) {
		return head.content.rollouts[e.Environment], true
	}
	return rollout{}, false
}

func (c content) faultyIn(environment string) bool {
	return c.broken == "environment" && (c.only == "" || c.only == environment)
}

func (w *world) shutAt(head *revision, e record.Entry, t time.Time) bool {
	r, ok := rolloutAt(head, e)
	return ok && r.shutAt(t)
}

func (w *world) pausedAt(head *revision, e record.Entry, t time.Time) bool {
	r, ok := rolloutAt(head, e)
	return ok && r.pausedAt(t) || w.ledger.pausedAt(e.Environment, t)
}

// mayRevert reports whether an entry brings back what was verified, and may do so at any time.
func (w *world) mayRevert(e record.Entry) bool {
	head := w.begun[len(w.begun)-1].head
	r, ok := rolloutAt(head, e)
	return ok && !r.strict && w.ledger.proven(e.Environment, e.Group, e.Digest)
}

// pausedAt reports whether somebody has paused an environment by a call, as of a moment.
func (l *ledger) pausedAt(environment string, t time.Time) bool {
	p, paused := l.pauses[environment]
	return paused && t.After(p.At) && t.Before(p.Until)
}

// underway reports whether a commit was begun in an environment since that was applied last: nothing stops what has begun.
func (l *ledger) underway(e record.Entry) bool {
	begun := false
	for _, line := range l.lines {
		switch was := line.Entry; {
		case was == nil || was.Environment != e.Environment || line.Type == "show":
		case was.Group == "" && (was.State == record.Applied || was.State == record.Unchanged):
			begun = false
		case was.Group != "" && was.Commit == e.Commit && was.ID != e.ID && (was.Reason == "commit" || was.Reason == "canary"):
			begun = true
		}
	}
	return begun
}

// runs reports whether an entry brings a group back to what it, or its environment, was applied at last: what a commit left half done is taken
// away at any time.
func (l *ledger) runs(e record.Entry) bool {
	return e.Commit == l.lastDone(e.Environment) || e.Commit == l.lastApplied(e.Group)
}

// proven reports whether a group was read back with a digest, and its environment was applied as a whole after that.
func (l *ledger) proven(environment, group, digest string) bool {
	stood := false
	for _, line := range l.lines {
		e := line.Entry
		if e == nil || e.Environment != environment || e.State != record.Applied || line.Type == "show" {
			continue
		}
		if stood && e.Group == "" {
			return true
		}
		stood = stood || e.Group == group && e.Digest == digest
	}
	return false
}

// pauseByCall lets somebody stop an environment for a while, or let it go on.
func (w *world) pauseByCall() {
	if w.daemon == nil {
		return
	}
	environment := pick(w.dice, w.stands...).name
	if w.ledger.pausedAt(environment, time.Now()) {
		w.trace.note("resume %s: %v", environment, w.daemon.journal.Resume(environment, "ann"))
	} else {
		until := time.Now().Add(pick(w.dice, 5*time.Minute, 2*time.Hour, 30*time.Hour))
		w.trace.note("pause %s: %v", environment, w.daemon.journal.Pause(record.Pause{Environment: environment, By: "ann", Until: until}))
	}
	w.tell()
}

// closed reports whether the head may not be begun in an environment now, or could not a moment ago.
func (w *world) closed(s stand) bool {
	const moment = 3 * time.Minute
	now := time.Now()
	return w.closedAt(s, now) || w.closedAt(s, now.Add(-moment))
}

func (w *world) closedAt(s stand, t time.Time) bool {
	r := w.remote.head.content.rollouts[s.name]
	return r.shutAt(t) || r.pausedAt(t) || w.ledger.pausedAt(s.name, t)
}

// paused reports whether an environment stands still now.
func (w *world) paused(s stand) bool {
	now := time.Now()
	return w.remote.head.content.rollouts[s.name].pausedAt(now) || w.ledger.pausedAt(s.name, now)
}

// nextOpening is the first moment at which an environment opens that the head waits for; zero when none is to come.
func (w *world) nextOpening() time.Time {
	const far, step = 12 * 24 * time.Hour, 5 * time.Minute
	now := time.Now()
	for t := now.Truncate(step).Add(step); t.Before(now.Add(far)); t = t.Add(step) {
		for _, s := range w.stands {
			if len(w.ledger.ends(s.name, w.remote.head.Commit.Hash)) == 0 && w.closedAt(s, now) && !w.closedAt(s, t) {
				return t
			}
		}
	}
	return time.Time{}
}
