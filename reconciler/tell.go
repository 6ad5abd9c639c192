package reconciler

import (
	"fmt"
	"slices"

	"github.com/sluice-gitops/sluice/record"
)

// tell shows a step of an environment on the board and to the observer.
func (r *Reconciler) tell(w *work, state record.State, text string) { r.tellAll(w, state, text, "") }

func (r *Reconciler) tellAll(w *work, state record.State, text, detail string) {
	r.show(w, state, text)
	if !w.keeping {
		r.board.setEnvironment(w.env.Name, w.commit(), state, text, detail)
	}
	r.observe(Event{
		Commit: w.snapshot.Commit, Environment: w.env.Name, State: state, Text: text, Detail: detail, Drift: w.keeping,
	})
}

// showApplying shows that a wave of a commit is being written. The groups tell the observer of their own steps.
func (r *Reconciler) showApplying(w *work, at int, wave []*groupPlan) {
	writes := slices.ContainsFunc(wave, func(p *groupPlan) bool { return p.err == nil && !p.drift && !p.plan.Empty() })
	if w.keeping || !writes {
		return
	}
	text := waveText(at, w.env.Waves)
	r.show(w, record.Applying, text)
	r.board.setEnvironment(w.env.Name, w.commit(), record.Applying, text, "")
}

// tellGroup shows a step of a gateway group.
func (r *Reconciler) tellGroup(w *work, p *groupPlan, state record.State, text string) {
	r.board.setGroupState(w.env.Name, p.group.Name, state)
	changes := len(p.plan.Changes())
	if p.onlyRotated() {
		changes = 0
	}
	r.observe(Event{
		Commit: w.snapshot.Commit, Environment: w.env.Name, Group: p.group.Name, State: state, Text: text,
		Drift: w.keeping || p.drift, Changes: changes,
	})
}

// tellDrift tells what drift came to; the state of the commit stays what it is.
func (r *Reconciler) tellDrift(w *work, state record.State, text string) {
	r.observe(Event{Commit: w.snapshot.Commit, Environment: w.env.Name, State: state, Text: text, Drift: true})
}

func (r *Reconciler) observe(event Event) {
	if r.config.Observe != nil {
		r.config.Observe(event)
	}
}

// entryText says what was done to one group.
func entryText(e record.Entry) string {
	text := fmt.Sprintf("%d created, %d updated, %d deleted", e.Created, e.Updated, e.Deleted)
	if e.Adopted > 0 {
		text += fmt.Sprintf(", %d adopted", e.Adopted)
	}
	if e.Restores != "" {
		text += "; restores " + e.Restores[:min(7, len(e.Restores))]
	}
	if !e.Confirmed {
		text += "; barriers by time"
	}
	return text
}
