package forge

import (
	"sync"
	"time"
)

// Trouble is something that keeps Sluice from telling others what it does. It keeps nothing from being applied.
type Trouble struct {
	What  string    `json:"what"`  // what is not done, as "commit statuses"
	Why   string    `json:"why"`   // in one line
	Since time.Time `json:"since"` // when it began
}

// Health is how it goes at one thing. The zero value is well; it is safe for use by several goroutines at once.
type Health struct {
	mu    sync.Mutex
	err   error
	since time.Time
}

// Set notes how it went, nil for well, and reports whether that is something else than before.
func (h *Health) Set(err error) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	changed = (err == nil) != (h.err == nil) || err != nil && h.err.Error() != err.Error()
	if h.err == nil && err != nil {
		h.since = time.Now()
	}
	h.err = err
	return changed
}

// Troubles returns what to show of it, if anything.
func (h *Health) Troubles(what string) []Trouble {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		return nil
	}
	return []Trouble{{What: what, Why: oneLine(h.err.Error()), Since: h.since}}
}
