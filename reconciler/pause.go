package reconciler

import (
	"fmt"
	"time"
)

// pause says by whom the environment is paused, why and until when; empty when it is not. The newest commit decides, even while the
// environment waits with an older one, and whoever paused it by a call.
func (r *Reconciler) pause(w *work) (text string, until time.Time) {
	if p, ok := r.past.Paused(w.env.Name); ok {
		return pausedText(p.Reason, p.By, p.Until), p.Until
	}
	p := w.head.Paused
	if p == nil {
		return "", time.Time{}
	}
	ends := p.Ends()
	if !ends.IsZero() && !r.now().Before(ends) {
		return "", time.Time{}
	}
	return pausedText(p.Reason, "Git", ends), ends
}

// showPause notes for the turn, and shows, whether the environment is paused.
func (r *Reconciler) showPause(w *work) {
	text, _ := r.pause(w)
	w.paused = text != ""
	r.board.change(w.env.Name, func(e *EnvironmentStatus) { e.Paused = text })
}

func (r *Reconciler) pauseText(w *work) string {
	text, _ := r.pause(w)
	return text
}

func pausedText(reason, by string, until time.Time) string {
	text := "paused"
	if reason != "" {
		text += ": " + reason
	}
	text += fmt.Sprintf(" (by %s)", by)
	if !until.IsZero() {
		text += " until " + until.Format("2006-01-02 15:04 MST")
	}
	return text
}
