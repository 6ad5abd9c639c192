package simulation

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/record"
)

// statusPrefix begins the context of a status; the environment follows.
const statusPrefix = "sluice/"

// asked returns the newest line of the journal that asks for a status.
func (l *ledger) asked(p posting) (line int, ok bool) {
	for _, at := range slices.Backward(l.statuses[p.to]) {
		if s := l.lines[at].Entry.Status; s.State == p.status.State && s.Text == p.status.Text {
			return at, true
		}
	}
	return -1, false
}

// checkPosting looks at a status in the moment in which the forge takes it.
func (w *world) checkPosting(p posting) {
	line, asked := w.ledger.asked(p)
	before, shows := w.forge.shows[p.to]
	switch {
	case !asked:
		w.breach("forge: %.7s is said to be %s in %s, which is in no journal", p.to.commit, p.status.State, p.to.context)
	case shows && line < before.line:
		w.breach("forge: of %.7s in %s an older status is posted after a newer one: %q after %q", p.to.commit, p.to.context, p.status.Text, before.Text)
	}
}

// checkStatus holds the status that a line of the journal asks for against what it says.
func (w *world) checkStatus(line journalLine) {
	e := line.Entry
	if e == nil || e.Status.Context == "" {
		return
	}
	if e.Status.Context != statusPrefix+e.Environment {
		w.breach("%s: status under %q", e.Environment, e.Status.Context)
	}
	shownAgain := line.Type == "show" && e.State.Final() // the end itself is on record before, and says more
	if !shownAgain && !slices.Contains(mayShow(*e), e.Status.State) {
		w.breach("%s: commit %.7s is %s, and is shown as %s", e.Environment, e.Commit, e.State, e.Status.State)
	}
}

// mayShow lists what the forge may be shown of an entry.
func mayShow(e record.Entry) []record.StatusState {
	state := e.State
	if state == record.Superseded && e.CarriedBy != "" {
		state = e.Outcome
	}
	switch state {
	case record.Applied, record.Unchanged:
		return []record.StatusState{record.StatusSuccess}
	case record.Held, record.Failed, record.RolledBack:
		return []record.StatusState{record.StatusFailure}
	case record.Superseded:
		return []record.StatusState{record.StatusError}
	case record.Queued:
		return []record.StatusState{record.StatusPending, record.StatusFailure}
	case record.Planning:
		return []record.StatusState{record.StatusPending, record.StatusError}
	}
	return []record.StatusState{record.StatusPending}
}

// checkForge wants the forge to show in the end what the journal says, of each commit in each environment.
func (w *world) checkForge() {
	for _, c := range w.remote.order {
		for _, s := range w.stands {
			w.checkShown(c, s)
		}
	}
}

func (w *world) checkShown(c *revision, s stand) {
	at := address{c.Commit.Hash, statusPrefix + s.name}
	shows, posted := w.forge.shows[at]
	asked := w.ledger.statuses[at]
	ends := w.ledger.ends(s.name, c.Commit.Hash)
	switch {
	case len(ends) > 0 && !posted:
		w.breach("forge: nothing is shown of commit %s in %s, which has ended", c.short(), s.name)
	case posted && shows.line != asked[len(asked)-1] && !w.same(shows, asked[len(asked)-1]):
		w.breach("forge: commit %s in %s is shown as %q, and the journal says %q", c.short(), s.name, shows.Text, w.ledger.lines[asked[len(asked)-1]].Entry.Status.Text)
	case len(ends) > 0 && w.cameBack(c, ends[len(ends)-1]): // it waits for its turn
	case len(ends) > 0 && !slices.Contains(mayShow(ends[len(ends)-1]), shows.State):
		w.breach("forge: commit %s in %s is shown as %s, and is %s", c.short(), s.name, shows.State, ends[len(ends)-1].State)
	case len(ends) > 0:
		w.checkCarried(c, s, ends[len(ends)-1])
	}
}

// cameBack reports whether a commit that the branch had lost is the newest one again.
func (w *world) cameBack(c *revision, end record.Entry) bool {
	return end.State == record.Superseded && end.CarriedBy == "" && c == w.remote.head
}

func (w *world) same(shows shownStatus, line int) bool {
	s := w.ledger.lines[line].Entry.Status
	return s.State == shows.State && s.Text == shows.Text
}

// checkCarried wants a commit that another one carries to have that one's outcome, once there is one.
func (w *world) checkCarried(c *revision, s stand, end record.Entry) {
	if end.State != record.Superseded || end.CarriedBy == "" {
		return
	}
	carrier := w.ledger.ends(s.name, end.CarriedBy)
	if len(carrier) == 0 {
		return
	}
	last := carrier[len(carrier)-1]
	if last.State == record.Superseded && last.CarriedBy != "" {
		last.State = last.Outcome
	}
	if last.State != end.Outcome && !strings.Contains(alikeEnds, string(last.State)+"="+string(end.Outcome)) {
		w.breach("%s: commit %s is said to be %s with %.7s, which is %s", s.name, c.short(), end.Outcome, end.CarriedBy, last.State)
	}
}

// alikeEnds are the outcomes that say the same.
const alikeEnds = "applied=unchanged unchanged=applied"
