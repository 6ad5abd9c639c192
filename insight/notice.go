package insight

import (
	"context"
	"sync"

	"github.com/sluice-gitops/sluice/reconciler"
)

// Notice says that something has changed, and what to look at again. With everything empty it says: all of it, some notices were missed.
type Notice struct {
	Environment string `json:"environment,omitempty"` // empty: what concerns none, as the newest commit
	Group       string `json:"group,omitempty"`       // empty: the environment as a whole
	Commit      string `json:"commit,omitempty"`      // the hash
	State       string `json:"state,omitempty"`       // a record.State, of the commit there
	Drift       bool   `json:"drift,omitempty"`       // it belongs to drift, not to a new commit
}

// mostNotices is how many notices wait for a reader.
const mostNotices = 64

// hub hands notices on to who follows. The zero value has no readers.
type hub struct {
	mu      sync.Mutex
	readers map[chan Notice]bool
}

// Follow returns a channel of notices, which is closed when ctx ends. A reader that falls behind gets an empty one in place of those that
// it missed.
func (m *Model) Follow(ctx context.Context) <-chan Notice {
	reader := make(chan Notice, mostNotices)
	m.hub.mu.Lock()
	defer m.hub.mu.Unlock()
	if m.hub.readers == nil {
		m.hub.readers = map[chan Notice]bool{}
	}
	m.hub.readers[reader] = true
	context.AfterFunc(ctx, func() { m.hub.leave(reader) })
	return reader
}

func (h *hub) leave(reader chan Notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.readers, reader)
	close(reader)
}

// followed reports whether anybody reads.
func (h *hub) followed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.readers) > 0
}

// tell hands a notice to every reader, and waits for none.
func (h *hub) tell(n Notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for reader := range h.readers {
		select {
		case reader <- n:
		default:
			drain(reader)
			reader <- Notice{} // only who holds the lock writes: there is room now
		}
	}
}

func drain(reader chan Notice) {
	for {
		select {
		case <-reader:
		default:
			return
		}
	}
}

// Tell takes in a step of a pass. It is what reconciler.Config.Observe should call.
func (m *Model) Tell(e reconciler.Event) {
	m.steps.take(e)
	m.hub.tell(Notice{Environment: e.Environment, Group: e.Group, Commit: e.Commit.Hash, State: string(e.State), Drift: e.Drift})
}
