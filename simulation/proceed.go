package simulation

import (
	"net/http"
	"slices"
	"testing/synctest"
	"time"
)

// proceed lets an operation of the daemon go on, or several reads at once, or time pass.
func (w *world) proceed() {
	ready := w.ready()
	if len(ready) == 0 || !w.calm && w.dice.oneIn(9) && w.patience(ready) {
		w.pass(len(ready) > 0)
		return
	}
	first := pick(w.dice, ready...)
	reads := w.dice.IntN(5) > 0
	for _, o := range ready {
		if o.name == first.name || reads && o.reads() && first.reads() {
			w.answer(o)
		}
		if w.broken != "" {
			return
		}
	}
}

// ready returns what may go on. No verification ends while a nudge waits (see quiet).
func (w *world) ready() []*operation {
	ready := w.stage.ready(time.Now())
	if w.daemon == nil || len(w.daemon.nudges) == 0 {
		return ready
	}
	return slices.DeleteFunc(ready, func(o *operation) bool { return o.wave != nil })
}

// reads reports whether an operation may go on beside other reads: what comes of it meets what comes of them only when all have ended.
func (o *operation) reads() bool {
	return o.request != nil && (o.request.method == http.MethodGet || o.request.method == http.MethodHead)
}

func (w *world) answer(o *operation) {
	switch {
	case o.wave != nil:
		w.answerVerify(o)
	case o.posting != nil:
		w.answerForge(o)
	case o.request == nil:
		w.answerGit(o)
	default:
		w.answerGateway(o)
	}
}

// patience reports whether time may pass while operations wait. A client that tries again by itself does so after a time that it
// leaves to chance, up to 1.6 s. It is a whole run by the seed all the same, as long as the conductor looks only every three seconds
// then, and no request runs into its own timeout.
func (w *world) patience(ready []*operation) bool {
	if !w.retries {
		return true
	}
	for _, o := range ready {
		if o.waits++; o.waits > 2 {
			return false
		}
	}
	return true
}

// pass lets time pass, a while or until the daemon asks for something.
func (w *world) pass(waiting bool) {
	steps := []time.Duration{5 * time.Millisecond, 60 * time.Millisecond, 400 * time.Millisecond, time.Second, 3 * time.Second}
	first := 25 * time.Millisecond
	if w.retries {
		steps = []time.Duration{3 * time.Second, 3 * time.Second, 6 * time.Second}
		first = 3 * time.Second
	}
	if waiting {
		time.Sleep(pick(w.dice, steps...))
		return
	}
	long := pick(w.dice, append(steps, 21*time.Second, 60*time.Second, 3*time.Minute)...)
	for part := first; long > 0 && len(w.ready()) == 0; long -= part {
		if !w.retries {
			part *= 2
		}
		time.Sleep(min(part, long))
		synctest.Wait()
	}
}
