package verify

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// pace is how often at the most a check is made once it holds.
	pace = 10 * time.Second
	// lostAfter is how many attempts in a row must not hold during a soak until the verification fails.
	lostAfter = 3
	// looks is how often the time is looked at, and how often at the most it is told what is waited for.
	looks = time.Second
)

// watch makes the checks of one wave until all hold, and have held for the soak. One goroutine owns it; each check has another one,
// which only makes attempts.
type watch struct {
	standings []*standing
	soak      time.Duration

	soaking bool      // whether all have held once
	held    time.Time // since when all hold, what nobody could say left out; zero while one does not
	looked  time.Time // when it was looked at last
	lost    bool      // it can't come right any more
	full    bool      // all has held for the soak
	teller  teller
	stage   string // of the soak, as it was told last
	values  string // of the metrics at that time

	soaks func(end time.Time) // see Wave.Soaks
	end   time.Time           // what it was told last
}

// result is an outcome and whose it is.
type result struct {
	of  *standing
	out outcome
}

// run watches until it holds, fails or ctx ends.
func (w *watch) run(ctx context.Context) Report {
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	results, slots := make(chan result), make(chan struct{}, atOnce)
	for _, s := range w.standings {
		running.Go(func() { s.follow(ctx, slots, results) })
	}
	tick := time.NewTicker(looks)
	defer tick.Stop()
	for {
		w.look(time.Now())
		w.tellEnd()
		if w.lost || w.full {
			return w.report(time.Now())
		}
		w.teller.say(w.text(time.Now()), time.Now())
		select {
		case r := <-results:
			w.take(r, time.Now())
		case <-tick.C:
		case <-ctx.Done():
			return w.report(time.Now())
		}
	}
}

// atOnce bounds how many attempts are made side by side.
const atOnce = 32

// follow makes attempts, with the pauses that it is told, until ctx ends. What ctx cuts short is no outcome.
func (s *standing) follow(ctx context.Context, slots chan struct{}, results chan<- result) {
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		out := s.attempt(ctx)
		<-slots
		if ctx.Err() != nil {
			return
		}
		select {
		case results <- result{s, out}:
		case <-ctx.Done():
			return
		}
		if sleep(ctx, <-s.next) != nil {
			return
		}
	}
}

// sleep waits, or returns why ctx has ended.
func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *watch) take(r result, now time.Time) {
	r.of.take(r.out, now, w.soaking)
	w.lost = w.lost || r.out.verdict == hopeless || r.of.bad >= lostAfter
	r.of.next <- w.pause(r.of)
}

// pause is how long a check rests: what holds, or has held, is looked at less often.
func (w *watch) pause(s *standing) time.Duration {
	if !s.held && !w.soaking {
		return s.every
	}
	if w.soak > 0 {
		return max(s.every, min(pace, w.soak/4))
	}
	return max(s.every, pace)
}

// look finds out whether all hold, and whether they have for long enough.
func (w *watch) look(now time.Time) {
	since := now.Sub(w.looked)
	w.looked = now
	if slices.ContainsFunc(w.standings, func(s *standing) bool { return !s.held }) {
		w.held = time.Time{}
		return
	}
	if w.held.IsZero() {
		w.held, w.soaking = now, true
	}
	if slices.ContainsFunc(w.standings, (*standing).dark) {
		w.held = w.held.Add(since)
		return
	}
	w.full = now.Sub(w.held) >= w.soak
}

// tellEnd tells when the soak ends, if that has changed.
func (w *watch) tellEnd() {
	var end time.Time
	if !w.held.IsZero() && w.soak > 0 {
		end = w.held.Add(w.soak)
	}
	if w.soaks != nil && !end.Equal(w.end) {
		w.end = end
		w.soaks(end)
	}
}

// waiting returns the checks that do not hold, or of which nobody can say.
func (w *watch) waiting() []*standing {
	var open []*standing
	for _, s := range w.standings {
		if !s.held || s.dark() {
			open = append(open, s)
		}
	}
	return open
}
