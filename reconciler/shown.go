package reconciler

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
)

// shown is what was put into the outbox last for each environment, so that a status is posted when it changes and not at each step. The
// zero value has shown nothing; it is safe for use by several goroutines at once.
type shown struct {
	mu   sync.Mutex
	last map[string]shownStatus // by environment
}

type shownStatus struct {
	commit string
	state  record.State
	status record.StatusState
	text   string
	at     time.Time
}

// betweenTexts is the least time between two statuses that differ in their text alone, as while something soaks.
const betweenTexts = time.Minute

// isNew reports whether a status is to be put into the outbox, and remembers it if so.
func (s *shown) isNew(env string, next shownStatus) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.last[env]
	same := last.commit == next.commit && last.state == next.state && last.status == next.status
	if same && (last.text == next.text || next.at.Sub(last.at) < betweenTexts) {
		return false
	}
	if s.last == nil {
		s.last = map[string]shownStatus{}
	}
	s.last[env] = next
	return true
}

// statusContext is the context under which a commit's status in an environment stands.
func statusContext(env string) string { return "sluice/" + env }

// withStatus gives an entry of an environment as a whole the status that the forge shows.
func (r *Reconciler) withStatus(e record.Entry) record.Entry {
	if r.config.Statuses {
		e.Status = record.Status{Context: statusContext(e.Environment), State: shownAs(e), Text: e.Text}
	}
	return e
}

// shownAs maps what an environment came to with a commit to the state that the forge shows (docs/architecture.md). A commit that is
// carried by another one shows what that one comes to.
func shownAs(e record.Entry) record.StatusState {
	state := e.State
	if state == record.Superseded && e.CarriedBy != "" {
		state = e.Outcome
	}
	switch state {
	case record.Applied, record.Unchanged:
		return record.StatusSuccess
	case record.Held, record.Failed, record.RolledBack:
		return record.StatusFailure
	case record.Superseded: // the branch has lost it: nobody carries it
		return record.StatusError
	}
	return record.StatusPending
}

// stepStatus is what the forge shows of a step: an error while trouble that may pass by itself stands in the way, and a failure when the
// commit has come to a bad end in an environment before this one: without another commit nothing will follow.
func (r *Reconciler) stepStatus(w *work, state record.State) record.StatusState {
	switch {
	case state == record.Planning && w.memo.retry:
		return record.StatusError
	case state == record.Queued && r.shutFor(w, w.env.Name, map[string]bool{}):
		return record.StatusFailure
	}
	return record.StatusPending
}

// shutFor reports whether the commit has come to a bad end in an environment that another one comes after, however far before.
func (r *Reconciler) shutFor(w *work, name string, seen map[string]bool) bool {
	env, ok := w.tree.Find(name)
	if !ok || seen[name] {
		return false
	}
	seen[name] = true
	return slices.ContainsFunc(env.After, func(before string) bool {
		switch r.stateOf(before, w.commit()) {
		case record.Failed, record.Held, record.RolledBack:
			return true
		case record.Queued:
			return r.shutFor(w, before, seen)
		}
		return false
	})
}

// show puts a step on the way of a commit into the outbox.
func (r *Reconciler) show(w *work, state record.State, text string) {
	if !r.config.Statuses || w.keeping || state.Final() {
		return
	}
	status := r.stepStatus(w, state)
	waits := state == record.Queued || state == record.Planning
	ended := r.past.HasEnd(w.env.Name, w.commit()) && !r.past.WasLost(w.env.Name, w.commit())
	if waits && status != record.StatusError && ended {
		return // it is looked at again, and its end stands until something is done
	}
	next := shownStatus{commit: w.commit(), state: state, status: status, text: text, at: time.Now()}
	if text == "" {
		text = string(state)
	}
	isNew := r.shown.isNew(w.env.Name, next)
	if isNew || !r.past.Pending(w.commit(), statusContext(w.env.Name)) { // an end may have been shown since
		r.putOut(record.Entry{Commit: w.commit(), Environment: w.env.Name, State: state, Status: record.Status{
			Context: statusContext(w.env.Name), State: next.status, Text: text,
		}})
	}
}

// showEnd shows an end that is on record already, where a step on the way is shown at present.
func (r *Reconciler) showEnd(end record.Entry) {
	if r.config.Statuses && r.past.Pending(end.Commit, statusContext(end.Environment)) {
		r.putOut(r.withStatus(end))
	}
}

// showEnds shows the ends of the commits of an environment of which a step is shown last, though nothing is under way for them: the gateway
// was out of reach when they were looked at again, and another commit has had its turn since.
func (r *Reconciler) showEnds(env, underway string) error {
	if !r.config.Statuses {
		return nil
	}
	for _, commit := range r.past.ShownOpen(env, statusContext(env)) {
		if commit == underway {
			continue
		}
		end, ok, err := r.endOf(env, commit)
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		if ok {
			r.showEnd(end)
		}
	}
	return nil
}

// putOut puts a status into the outbox. A journal that can't be written stops the pass at the next entry, which says why.
func (r *Reconciler) putOut(e record.Entry) {
	e.Started = time.Now()
	if err := r.config.Journal.Show(e); err != nil {
		r.log.Warn("status can't be put on record", zap.String("env", e.Environment), zap.Error(err))
	}
}
