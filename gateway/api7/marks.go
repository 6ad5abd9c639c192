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
	at      int64 // by the clock of marks
}

func (m mark) there() bool { return m.print != nil || m.written != nil }

// marks remembers how resources were last read or written, so that the writes of others are noticed. It is safe for use by several
// goroutines at once.
type marks struct {
	mu    sync.Mutex
	of    map[gateway.Key]mark
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
		m.of[key] = found
	}
}

// wrote notes how a write ended: with this resource, with nil for none, or so that nobody knows.
func (m *marks) wrote(key gateway.Key, r *gateway.Resource, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clock++
	if err != nil {
		delete(m.of, key)
		return
	}
	m.of[key] = mark{written: r, at: m.clock}
}

// forget makes a resource one of which nothing is known.
func (m *marks) forget(key gateway.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of, key)
}

// known returns the marks of those keys that were read or written.
func (m *marks) known(keys []gateway.Key) map[gateway.Key]mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[gateway.Key]mark{}
	for _, key := range keys {
		if known, ok := m.of[key]; ok {
			found[key] = known
		}
	}
	return found
}
