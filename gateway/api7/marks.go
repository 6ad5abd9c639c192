package api7

import (
	"crypto/sha256"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
)

// mark is how this client knows one resource: by a print of what it read, or by what it wrote since. The zero value is one that was
// read and is not there.
type mark struct {
	print   *[sha256.Size]byte
	written *gateway.Resource
	unknown bool  // a write ended in a way that nobody knows
	at      int64 // by the clock of marks
}

func (m mark) there() bool { return m.print != nil || m.written != nil }

// marks remembers how resources were last read or written, so that the writes of others are noticed. It is safe for use by several
// goroutines at once; the zero value knows nothing.
type marks struct {
	mu    sync.Mutex
	of    map[gateway.Key]mark
	whole bool  // everything was read: what has no mark was not there
	clock int64 // moves with every write, so that a read that began before one does not undo its mark
}

func (m *marks) now() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.clock
}

func printOf(r gateway.Resource) *[sha256.Size]byte {
	sum := sha256.Sum256(r.Bytes())
	return &sum
}

// readAll notes a read of everything.
func (m *marks) readAll(began int64, live gateway.State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.whole = true
	for key, known := range m.of {
		if _, there := live[key]; !there && known.at <= began {
			delete(m.of, key)
		}
	}
	for key, r := range live {
		m.note(key, mark{print: printOf(r), at: began})
	}
}

// readSome notes a read of these keys.
func (m *marks) readSome(began int64, keys []gateway.Key, live gateway.State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		found := mark{at: began}
		if r, there := live[key]; there {
			found.print = printOf(r)
		}
		m.note(key, found)
	}
}

func (m *marks) note(key gateway.Key, found mark) {
	if m.of[key].at <= found.at {
		m.set(key, found)
	}
}

// wrote notes a write that went through: this resource, or nil for none.
func (m *marks) wrote(key gateway.Key, r *gateway.Resource) { m.write(key, mark{written: r}) }

// lost notes a write of which nobody knows what it left.
func (m *marks) lost(key gateway.Key) { m.write(key, mark{unknown: true}) }

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
	found := map[gateway.Key]mark{}
	for _, key := range keys {
		if known, ok := m.of[key]; (ok || m.whole) && !known.unknown {
			found[key] = known
		}
	}
	return found
}

// count returns how many resources of each kind are known to be there.
func (m *marks) count() map[gateway.Kind]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[gateway.Kind]int{}
	for key, known := range m.of {
		if known.there() {
			found[key.Kind]++
		}
	}
	return found
}
