package apisix

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"
	"weak"

	"github.com/sluice-gitops/sluice/gateway/schema"
)

// Tables lets gateways that tell the same of themselves share what was made of it: their schemas and defaults take megabytes, and a
// thousand groups of one version need them once. What no Gateway holds any more is let go. The zero value is ready; it is safe for use by
// several goroutines at once.
type Tables struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]weak.Pointer[defaultTable]
}

// of returns the table of what a gateway tells. One is made at a time: what a hundred groups tell at the start is the same.
func (t *Tables) of(told schema.Set) (*defaultTable, error) {
	text, err := json.Marshal(told) // maps are written in the order of their keys
	if err != nil {
		return nil, fmt.Errorf("compare schemas: %w", err)
	}
	sum := sha256.Sum256(text)
	t.mu.Lock()
	defer t.mu.Unlock()
	if table := t.known[sum].Value(); table != nil {
		return table, nil
	}
	table, err := tableOfTold(told)
	if err == nil {
		t.keep(sum, table)
	}
	return table, err
}

// keep remembers a table as long as somebody holds it, and forgets those that nobody holds.
func (t *Tables) keep(sum [sha256.Size]byte, table *defaultTable) {
	if t.known == nil {
		t.known = map[[sha256.Size]byte]weak.Pointer[defaultTable]{}
	}
	for old, pointer := range t.known {
		if pointer.Value() == nil {
			delete(t.known, old)
		}
	}
	t.known[sum] = weak.Make(table)
}
