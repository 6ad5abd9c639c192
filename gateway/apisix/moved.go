package apisix

import (
	"context"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Moved returns which of keys are no longer as this client last read or wrote them, in order of Key.Compare. What was read is
// known by its modification index. The answer to a write gives none: what was written is known by what the answer said was
// stored, or else by its content, so that a foreign write of the same content does not count, nor does one that changes nothing
// but what the gateway hides. A key of which nothing is known does not count, nor does one whose last write ended without an
// answer. Errors are *gateway.Error.
func (g *Gateway) Moved(ctx context.Context, keys []gateway.Key) ([]gateway.Key, error) {
	m := movement{known: g.marks.known(keys), seen: map[gateway.Key]bool{}, same: map[gateway.Key]int64{}, unsure: map[gateway.Key]entry{}}
	began := g.marks.now()
	if err := g.look(ctx, slices.Collect(maps.Keys(m.known)), m.see); err != nil {
		return nil, err
	}
	if err := g.compare(ctx, &m); err != nil {
		return nil, err
	}
	var moved []gateway.Key
	for key, known := range m.known {
		index, same := m.same[key]
		switch {
		case same:
			g.marks.read(began, key, index)
		case known.there() || m.seen[key]:
			moved = append(moved, key)
		}
	}
	slices.SortFunc(moved, gateway.Key.Compare)
	return moved, nil
}

// movement is what a look at stored objects has found.
type movement struct {
	known  map[gateway.Key]mark
	seen   map[gateway.Key]bool
	same   map[gateway.Key]int64 // those that are as known, with their index
	unsure map[gateway.Key]entry // those whose content must tell
}

// see takes one stored object.
func (m *movement) see(key gateway.Key, e entry) error {
	m.seen[key] = true
	known := m.known[key]
	switch {
	case known.written == nil && e.ModifiedIndex == known.index, known.written != nil && alike(known.stored, e.Value):
		m.same[key] = e.ModifiedIndex
	case known.written != nil:
		m.unsure[key] = e
	}
	return nil
}

// compare decides by content. What a PUT says it stored has ciphertext where a GET has the clear text.
func (g *Gateway) compare(ctx context.Context, m *movement) error {
	if len(m.unsure) == 0 {
		return nil
	}
	defaults, err := g.Defaults(ctx)
	if err != nil {
		return err
	}
	for key, e := range m.unsure {
		live, err := e.resource(key)
		if err != nil {
			return unusable(admin.Call{Op: "read", Key: key}, err)
		}
		if same(*m.known[key].written, live, defaults) {
			m.same[key] = e.ModifiedIndex
		}
	}
	return nil
}

// there reports whether the resource existed when it was last read or written.
func (m mark) there() bool { return m.index != 0 || m.written != nil }

// same reports whether live is what was written, as far as the gateway shows it.
func same(written, live gateway.Resource, defaults gateway.Defaults) bool {
	key := written.Key
	aligned := gateway.Align(gateway.State{key: written}, gateway.State{key: live}, defaults)
	return gateway.Equal(aligned[key].Spec, written.Spec)
}

// alike reports whether two texts are the same JSON object.
func alike(a, b []byte) bool {
	words := newWords()
	one, err := words.object(a)
	if err != nil {
		return false
	}
	other, err := words.object(b)
	return err == nil && gateway.Equal(one, other)
}
