package apisix

import (
	"strings"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
)

// mark is how this client knows one resource. The zero value is one that was read and is not there.
type mark struct {
	index   int64             // the modification index that was read; 0 when there was none
	written *gateway.Resource // what was written since, whose index no answer tells; nil when nothing was
	stored  []byte            // what the gateway then said it stored, as JSON; nil when that is not known
	unknown bool              // a write ended in a way that nobody knows
	at      int64             // when, by the clock of marks
}

// marks remembers how every resource was last read or written, so that the writes of others are noticed. It is safe for use
// by several goroutines at once; the zero value knows nothing.
type marks struct {
	mu    sync.Mutex
	of    map[gateway.Key]mark
	whole bool  // everything was read: what has no mark was not there
	clock int64 // moves with every write, so that a read that began before one does not undo its mark
}

// now is the time to hand to what notes a read that begins here.
func (m *marks) now() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.clock
}

// readAll notes a read of everything.
func (m *marks) readAll(began int64, read map[gateway.Key]int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.of
	m.of, m.whole = make(map[gateway.Key]mark, len(read)), true
	for key, index := range read {
		m.of[key] = mark{index: index, at: began}
	}
	for key, known := range before {
		if known.at > began {
			m.of[key] = known
		}
	}
}

// read notes one resource as it was read; index 0 stands for one that is not there.
func (m *marks) read(began int64, key gateway.Key, index int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, ok := m.of[key]; ok && known.at > began {
		return
	}
	m.set(key, mark{index: index, at: began})
}

// wrote notes a PUT that went through, and what was stored, as far as it was answered.
func (m *marks) wrote(r gateway.Resource, stored []byte) {
	m.write(r.Key, mark{written: &r, stored: stored})
}

// lost notes a write of which nobody knows whether it was carried out.
func (m *marks) lost(key gateway.Key) { m.write(key, mark{unknown: true}) }

// deleted notes a DELETE that went through.
func (m *marks) deleted(key gateway.Key) { m.write(key, mark{}) }

func (m *marks) write(key gateway.Key, now mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clock++
	now.at = m.clock
	m.set(key, now)
}

func (m *marks) set(key gateway.Key, now mark) {
	if m.of == nil {
		m.of = map[gateway.Key]mark{}
	}
	m.of[key] = now
}

// known returns the marks of those keys that were read or written.
func (m *marks) known(keys []gateway.Key) map[gateway.Key]mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := make(map[gateway.Key]mark, len(keys))
	for _, key := range keys {
		if known, ok := m.of[key]; (ok || m.whole) && !known.unknown {
			found[key] = m.orphaned(key, known)
		}
	}
	return found
}

// orphaned returns the mark of a credential, which went with its consumer when that was deleted since.
func (m *marks) orphaned(key gateway.Key, known mark) mark {
	username, _, _ := strings.Cut(key.ID, "/")
	owner, ok := m.of[gateway.Key{Kind: gateway.Consumers, ID: username}]
	if key.Kind == gateway.Credentials && ok && !owner.there() && !owner.unknown && owner.at > known.at {
		return mark{at: owner.at}
	}
	return known
}

// count returns how many resources of each kind are known.
func (m *marks) count() map[gateway.Kind]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[gateway.Kind]int{}
	for key := range m.of {
		found[key.Kind]++
	}
	return found
}
