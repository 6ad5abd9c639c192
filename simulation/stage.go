package simulation

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// operation is something that the daemon does at a seam, and waits for. The name is the same in every run of the seed.
type operation struct {
	name    string
	of      *incarnation
	request *request // to a gateway; nil for other seams
	wave    *waveAt  // to verify; nil for other seams
	posting *posting // to the forge; nil for other seams
	answer  chan reply
	until   time.Time // it is not gone on with before
	waits   int       // how often time has passed over it
	coming  *reply    // what it is answered with then; nil: it has not been carried out
}

// reply is what an operation comes to.
type reply struct {
	value any
	err   error
	taken func() // what follows from the daemon's having it; nil for nothing
}

// errDead is what a daemon that was killed would get, if it still were.
var errDead = errors.New("the daemon is dead")

// stage is where operations wait. It is safe for use by several goroutines at once.
type stage struct {
	mu      sync.Mutex
	waiting []*operation
	passes  int // passes that have begun
	woken   int // passes that had begun when a verification ended last
}

// wait parks an operation until the conductor answers it, or ctx ends.
func (s *stage) wait(ctx context.Context, o *operation) reply {
	o.answer = make(chan reply, 1)
	if !s.enter(o) {
		return reply{err: errDead}
	}
	defer s.ended(o)
	select {
	case r := <-o.answer:
		return r
	case <-ctx.Done():
		s.leave(o)
		return reply{err: ctx.Err()}
	}
}

func (s *stage) enter(o *operation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.of.dead {
		return false
	}
	s.waiting = append(s.waiting, o)
	if o.name == latest {
		s.passes++
	}
	return true
}

// ended notes the end of a verification, which lets the daemon make a pass.
func (s *stage) ended(o *operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.wave != nil {
		s.woken = s.passes
	}
}

// quiet reports whether no verification is under way, or can have ended without the daemon's having heard of it. Of a nudge and of such an
// end the daemon hears in an order that the runtime chooses: they must not wait at the same time.
func (s *stage) quiet() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	const heard = 2 // passes after which it has
	verifies := slices.ContainsFunc(s.waiting, func(o *operation) bool { return o.wave != nil })
	return !verifies && (s.woken == 0 || s.passes >= s.woken+heard)
}

// begin forgets the daemon before.
func (s *stage) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passes, s.woken = 0, 0
}

func (s *stage) leave(o *operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = slices.DeleteFunc(s.waiting, func(other *operation) bool { return other == o })
}

// ready returns what may go on now, by name.
func (s *stage) ready(now time.Time) []*operation {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*operation
	for _, o := range s.waiting {
		if !o.until.After(now) && o.name != looksInOutbox {
			found = append(found, o)
		}
	}
	slices.SortStableFunc(found, func(a, b *operation) int { return cmp.Compare(a.name, b.name) })
	return found
}

// find returns an operation that waits, by its name; nil when none does.
func (s *stage) find(name string) *operation {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.waiting, func(o *operation) bool { return o.name == name }); i >= 0 {
		return s.waiting[i]
	}
	return nil
}

// hand gives an operation its answer.
func (s *stage) hand(o *operation, r reply) {
	s.leave(o)
	if r.taken != nil {
		r.taken()
	}
	o.answer <- r
}

// kill makes every operation of a daemon fail from this instant on, those that wait included.
func (s *stage) kill(of *incarnation) {
	s.mu.Lock()
	of.dead = true
	waiting := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	for _, o := range waiting {
		o.answer <- reply{err: errDead}
	}
}

// alive reports whether a daemon has not been killed.
func (s *stage) alive(of *incarnation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !of.dead
}
