package simulation

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// weather is how a gateway's Admin API fares for a while.
type weather struct {
	kind  string
	until int // the step from which on it is clear again
}

// The kinds of weather. The zero value is fair.
const (
	fair      = ""          // every request is answered
	storm     = "storm"     // some are answered with 5xx, carried out or not
	refused   = "refused"   // nobody listens
	torn      = "torn"      // answers break off, and connections
	throttled = "throttled" // 429
	lossy     = "lossy"     // answers come late, or never
	strange   = "strange"   // a page of something else
	blind     = "blind"     // only the control API does not answer
)

var errRefused = errors.New("connect: connection refused")

// answerGateway lets a gateway answer, or not, as the weather is.
func (w *world) answerGateway(o *operation) {
	s := w.sites[o.request.site]
	if o.coming != nil {
		w.trace.note("%s: answered late", o.name)
		w.stage.hand(o, *o.coming)
		return
	}
	if w.calm || s.weather.kind == fair || w.dice.oneIn(4) {
		w.hand(o, w.carryOut(s, o.request), "")
		return
	}
	w.strike(s, o)
}

// hand answers an operation with what the gateway said.
func (w *world) hand(o *operation, a *answer, how string) {
	w.trace.note("%s: %d %s", o.name, a.status, how)
	w.stage.hand(o, w.replied(o, a))
}

// replied is an answer with what follows from having it.
func (w *world) replied(o *operation, a *answer) reply {
	r := reply{value: a}
	if a.tells() && !a.torn && o.request.method == http.MethodGet && !o.request.control {
		r.taken = w.sites[o.request.site].sight(o.request)
	}
	return r
}

// carryOut executes a request at its gateway.
func (w *world) carryOut(s *site, r *request) *answer {
	if r.control {
		return s.view.show(r.path)
	}
	if r.writes() {
		w.checkWrite(s, r)
	}
	if a := tableAnswer(r); a != nil {
		return a
	}
	return s.serve(r, false)
}

// strike lets bad weather have a request.
func (w *world) strike(s *site, o *operation) {
	switch s.weather.kind {
	case storm:
		w.strikeStatus(s, o, pick(w.dice, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusInternalServerError))
	case throttled:
		w.hand(o, retryLater(http.StatusTooManyRequests, pick(w.dice, 2, 2, 2, 60)), "throttled")
	case refused:
		w.refuse(o)
	case torn:
		a := w.carryOut(s, o.request)
		a.torn = true
		w.hand(o, a, "and then the connection breaks")
	case lossy:
		w.delay(s, o)
	case strange:
		w.hand(o, said(http.StatusOK, "text/html", "<title>Sign in</title>"), "a strange page")
	case blind:
		if o.request.control {
			w.refuse(o)
			return
		}
		w.hand(o, w.carryOut(s, o.request), "")
	}
}

func (w *world) refuse(o *operation) {
	w.trace.note("%s: refused", o.name)
	w.stage.hand(o, reply{err: errRefused})
}

// strikeStatus answers with a status that says nothing of what was done.
func (w *world) strikeStatus(s *site, o *operation, status int) {
	done := w.dice.oneIn(2)
	if done {
		w.carryOut(s, o.request)
	}
	w.hand(o, retryLater(status, 2), "done: "+strconv.FormatBool(done))
}

func retryLater(status, seconds int) *answer {
	a := said(status, "text/html", "<title>Come back later</title>")
	a.header.Set("Retry-After", strconv.Itoa(seconds))
	return a
}

// delay lets the request or its answer take its time, often more than the daemon has.
func (w *world) delay(s *site, o *operation) {
	wait := pick(w.dice, 6*time.Second, 24*time.Second, 45*time.Second)
	if w.dice.oneIn(2) {
		o.until = time.Now().Add(wait)
		w.trace.note("%s: held for %v", o.name, wait)
		return
	}
	r := w.replied(o, w.carryOut(s, o.request))
	o.coming, o.until = &r, time.Now().Add(wait)
	w.trace.note("%s: done, the answer takes %v", o.name, wait)
}
