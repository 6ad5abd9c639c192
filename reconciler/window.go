package reconciler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/window"
)

// shut says why the commit may not be written now, and until when; empty when it may. What changes nothing needs no window, and drift
// is no commit.
func (r *Reconciler) shut(w *work, waves [][]*groupPlan) (text string, opens time.Time) {
	if w.keeping || !slices.ContainsFunc(slices.Concat(waves...), (*groupPlan).isNew) {
		return "", time.Time{}
	}
	if w.paused {
		if text, opens = r.pause(w); text != "" {
			return text, opens
		} // it has ended since the turn began: the windows count again
	}
	rollout := w.rolloutNow()
	if rollout == nil || r.underway(w) || rollout.Reverts != environments.Windows && r.isRevert(w, waves) {
		return "", time.Time{}
	}
	schedule, _ := window.New(rollout) // its faults are those of the environment
	verdict := schedule.At(r.now())
	if verdict.Open {
		return "", time.Time{}
	}
	text = verdict.Reason
	if len(rollout.Windows) > 0 && !verdict.Opens.IsZero() {
		text += "; opens " + momentText(verdict.Opens, r.now())
	}
	return text, verdict.Opens
}

// isShut reports whether no commit may be begun now, save one that reverts.
func (r *Reconciler) isShut(w *work) bool {
	schedule, faults := window.New(w.rolloutNow())
	return !faults.HasErrors() && !schedule.At(r.now()).Open
}

// rolloutNow is how the environment takes a commit by the newest one: what stands there counts, even for an older commit. A layout with
// faults says nothing.
func (w *work) rolloutNow() *environments.Rollout {
	if w.head.Name == "" || w.head.Faults.HasErrors() {
		return w.env.Rollout
	}
	return w.head.Rollout
}

// isNew reports whether the plan writes something that is not drift, or would if the gateway could be read.
func (g *groupPlan) isNew() bool { return !g.drift && (g.err != nil || !g.plan.Empty()) }

// underway reports whether the commit was begun before: a window never stops what has begun.
func (r *Reconciler) underway(w *work) bool {
	return slices.ContainsFunc(w.env.Groups(), func(group string) bool {
		begun, err := r.hasBegun(w, group)
		return begun && err == nil
	})
}

// isRevert reports whether all that the commit writes was verified before.
func (r *Reconciler) isRevert(w *work, waves [][]*groupPlan) bool {
	fresh := slices.DeleteFunc(slices.Concat(waves...), func(p *groupPlan) bool { return !p.isNew() })
	return r.proven(w, fresh)
}

// waitOutside lets a commit wait that may not be begun now. What runs is kept meanwhile.
func (r *Reconciler) waitOutside(ctx context.Context, w *work, text string, opens time.Time) outcome {
	w.memo.commit, w.memo.state, w.memo.retry, w.memo.shut = w.commit(), record.Queued, false, true
	r.tell(w, record.Queued, text)
	r.board.setUntil(w.env.Name, w.commit(), record.Queued, opens)
	kept := r.keep(ctx, w)
	kept.wake = opens
	return kept
}

// momentText says when something is, as people in its zone say it, and in how long.
func momentText(at, now time.Time) string {
	layout := "Mon 15:04"
	if at.Sub(now) > 6*24*time.Hour {
		layout = "2006-01-02 15:04 MST"
	}
	return fmt.Sprintf("%s (in %s)", at.Format(layout), longText(at.Sub(now)))
}

// longText rounds a time to what people say.
func longText(long time.Duration) string {
	switch {
	case long < time.Minute:
		return "less than a minute"
	case long < time.Hour:
		return fmt.Sprintf("%dm", int(long.Minutes()))
	case long < 48*time.Hour:
		return fmt.Sprintf("%dh", int(long.Hours()))
	}
	return fmt.Sprintf("%d days", int(long.Hours()/24))
}
