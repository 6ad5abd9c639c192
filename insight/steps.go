package insight

import (
	"slices"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
)

// The bounds of what is remembered of steps.
const (
	mostTurns = 256
	mostSteps = 64 // of one turn
)

// steps remembers the newest steps of environments as a whole, which the journal does not hold: since when a commit was queued, planned,
// verified. After a restart only the journal is left. The zero value remembers none; it is safe for use by several goroutines at once.
type steps struct {
	mu    sync.Mutex
	turns map[turnKey][]Moment
	order []turnKey // the one that was begun first comes first
}

type turnKey struct{ environment, commit string }

// take remembers a step of a commit. One that goes on takes the place of itself.
func (s *steps) take(e reconciler.Event) {
	if e.Group != "" || e.Drift || e.Commit.Hash == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key, now := turnKey{e.Environment, e.Commit.Hash}, time.Now().UTC()
	turn, known := s.turns[key]
	if !known {
		s.begin(key)
	}
	if last := len(turn) - 1; last >= 0 && turn[last].State == string(e.State) {
		turn[last].Text = e.Text
	} else if len(turn) < mostSteps {
		if last >= 0 {
			turn[last].End = now
		}
		turn = append(turn, Moment{At: now, State: string(e.State), Text: e.Text})
	}
	s.turns[key] = turn
}

func (s *steps) begin(key turnKey) {
	if s.turns == nil {
		s.turns = map[turnKey][]Moment{}
	}
	if len(s.order) == mostTurns {
		delete(s.turns, s.order[0])
		s.order = slices.Delete(s.order, 0, 1)
	}
	s.order = append(s.order, key)
}

// of returns the steps of a turn, the oldest first.
func (s *steps) of(environment, commit string) []Moment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.turns[turnKey{environment, commit}])
}
