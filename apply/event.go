package apply

import (
	"time"

	"github.com/sluice-gitops/sluice/plan"
)

// What is the kind of an Event.
type What string

// The events of a run.
const (
	ChangeDone    What = "done"     // a change was tried; Err says how it went
	ChangeSkipped What = "skipped"  // a change will not be tried; Why says why
	Settling      What = "settling" // a barrier is being waited for
	Settled       What = "settled"  // a barrier has ended; Err says how, Confirmed by whom
	Draining      What = "draining" // the wait before contract begins
)

// Event is one thing that happened in a run, for progress on a screen and for the commit status.
type Event struct {
	What      What
	Phase     plan.Phase
	Change    plan.Change   // for ChangeDone and ChangeSkipped
	Took      time.Duration // for ChangeDone and Settled; for Draining how long it will take
	Err       error
	Why       string // for ChangeSkipped
	Confirmed bool   // for Settled
	Ended     int    // changes done or skipped so far
	Total     int    // changes of the plan
}
