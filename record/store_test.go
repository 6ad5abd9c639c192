package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// memory is a Store that can be told to fail.
type memory struct {
	raw     []byte
	partial int   // how many bytes of a line get in before an Append fails; negative: no Append fails
	cuts    int   // how many Cuts fail
	unread  error // what ReadAt says instead of the end
}

var errFault = errors.New("the store is out of order")

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, m.raw[min(int(off), len(m.raw)):])
	switch {
	case n == len(p):
		return n, nil
	case m.unread != nil:
		return n, m.unread
	}
	return n, io.EOF
}

func (m *memory) Append(line []byte, at int64) error {
	if at != int64(len(m.raw)) {
		return fmt.Errorf("the store holds %d bytes, and not %d", len(m.raw), at)
	}
	if m.partial >= 0 {
		m.raw = append(m.raw, line[:min(m.partial, len(line))]...)
		return errFault
	}
	m.raw = append(m.raw, line...)
	return nil
}

func (m *memory) Cut(size int64) error {
	if m.cuts > 0 {
		m.cuts--
		return errFault
	}
	m.raw = m.raw[:size]
	return nil
}

// TestAFailedAppend: however much of a line gets in before the store fails, and whether or not it can be removed at
// once, the caller has the error, nothing that was written before is lost, and the journal goes on by itself when the store does.
func TestAFailedAppend(t *testing.T) {
	for partial := 0; partial < 400; partial += 7 {
		for cuts := range 3 {
			store := &memory{partial: -1}
			j, err := OpenStore(store, nil, nil)
			must(t, err)
			applied(t, j, "c1", "d", "d")
			before := bytes.Clone(store.raw)

			store.partial, store.cuts = partial, cuts
			if err := j.Note(entry("lost", Held)); !errors.Is(err, errFault) {
				t.Fatalf("%d bytes, %d cuts: got %v", partial, cuts, err)
			}
			check(t, "entries in memory", 1, len(all(t, j.View)))
			store.partial, store.cuts = -1, max(0, store.cuts-1)
			for range 2 {
				err = j.Note(entry("kept", Held))
				if err == nil {
					break
				}
			}
			must(t, err)
			if !bytes.HasPrefix(store.raw, before) {
				t.Fatalf("%d bytes, %d cuts: what was written before is gone", partial, cuts)
			}
			report, err := VerifyStore(store)
			must(t, err)
			check(t, "lines, torn, broken", [3]int64{3, 0, 0}, [3]int64{report.Lines, report.Torn, report.Broken})
			check(t, "entries", "kept c1", commitsIn(t, store))
		}
	}
}

// commitsIn names the commits that a journal opened anew on store holds.
func commitsIn(t *testing.T, store Store) string {
	t.Helper()
	j, err := OpenStore(store, nil, nil)
	must(t, err)
	return commits(t, j.View)
}

// commits names the commits of all entries, newest first.
func commits(t *testing.T, v *View) string {
	t.Helper()
	var names []string
	for _, e := range all(t, v) {
		names = append(names, e.Commit)
	}
	return strings.Join(names, " ")
}

// TestUnreadableIsNeverEmpty: a store that can't be read to its end is an error, and never a shorter journal.
func TestUnreadableIsNeverEmpty(t *testing.T) {
	store := &memory{partial: -1}
	j, err := OpenStore(store, nil, nil)
	must(t, err)
	applied(t, j, "c1", "d", "d")
	whole := store.raw
	store.unread = errFault
	for size := range whole {
		store.raw = whole[:size]
		if _, err := OpenStore(store, nil, nil); !errors.Is(err, errFault) {
			t.Fatalf("after %d bytes: opened: %v", size, err)
		}
		if _, err := ReadStore(store, nil); !errors.Is(err, errFault) {
			t.Fatalf("after %d bytes: read: %v", size, err)
		}
		if _, err := VerifyStore(store); !errors.Is(err, errFault) {
			t.Fatalf("after %d bytes: proven: %v", size, err)
		}
		check(t, "bytes left", size, len(store.raw))
	}
}
