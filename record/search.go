package record

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Found is what a search has found.
type Found struct {
	Entries []Entry // newest first, in full
	// Next is what Filter.Before must be to go on; 0 when nothing is left.
	Next int64
	// Early says that the search was ended before it had as many as were asked for, because it had looked at so many lines, or for so long.
	Early bool
}

// The bounds of one search. A store that is far away takes its time for each line.
const (
	mostLines = 50_000
	mostTime  = 3 * time.Second
)

// Search returns the entries that pass f, newest first. It reads the lines of those that what is in memory does not rule out, and no more
// than 50,000 of them, nor for longer than 3 s: Found says how to go on. The error is that of ctx, or says that the journal can't be read.
func (v *View) Search(ctx context.Context, f Filter) (Found, error) {
	return v.search(ctx, f, mostLines, time.Now().Add(mostTime))
}

// Entries returns the entries that pass f, newest first and in full, read from the file.
func (v *View) Entries(f Filter) ([]Entry, error) {
	found, err := v.search(context.Background(), f, 0, time.Time{})
	return found.Entries, err
}

// batch is how many lines are chosen at once: the lock is let go of in between.
const batch = 128

// search reads at most this many lines, and none after that time; 0 and the zero time: as many as it takes.
func (v *View) search(ctx context.Context, f Filter, most int, until time.Time) (Found, error) {
	found := Found{Next: f.Before}
	look := newLook(v.store, f.Text)
	for read := 0; ; {
		slots := v.slots(f, found.Next, batch)
		for _, at := range slots {
			if err := ctx.Err(); err != nil {
				return Found{}, err
			}
			e, ok, err := look.read(at)
			if err != nil {
				return Found{}, fmt.Errorf("read entry %d of the journal: %w", at.id, err)
			}
			if read++; ok && f.passes(e) {
				found.Entries = append(found.Entries, e)
			}
			found.Next = at.id
			if f.Limit > 0 && len(found.Entries) == f.Limit {
				return v.ended(f, found), nil
			}
			if read == most || !until.IsZero() && time.Now().After(until) {
				found.Early = true
				return v.ended(f, found), nil
			}
		}
		if len(slots) < batch {
			found.Next = 0
			return found, nil
		}
	}
}

// ended takes back that there is more, when there can't be.
func (v *View) ended(f Filter, found Found) Found {
	if len(v.slots(f, found.Next, 1)) == 0 {
		found.Next, found.Early = 0, false
	}
	return found
}

// look reads entries one after the other.
type look struct {
	store  Store
	reader *bufio.Reader
	text   []byte // what the line of an entry must hold, in lower case; empty: anything
}

func newLook(store Store, text string) *look {
	l := &look{store: store, reader: bufio.NewReaderSize(nil, 4<<10)}
	if text == "" {
		return l
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text)                         // a string is always taken
	l.text = bytes.ToLower(b.Bytes()[1 : b.Len()-2]) // without the quotes and the newline
	return l
}

// read returns the entry at a slot, or false when the text can't be in it: then most of its line was not looked at.
func (l *look) read(at slot) (Entry, bool, error) {
	l.reader.Reset(io.NewSectionReader(l.store, at.offset, maxLine))
	raw, err := readLine(l.reader)
	if err != nil {
		return Entry{}, false, err
	}
	if len(l.text) > 0 && bytes.Contains(raw, fmt.Appendf(nil, `"entry":{"id":%d,`, at.id)) && !bytes.Contains(bytes.ToLower(raw), l.text) {
		return Entry{}, false, nil
	}
	e, err := entryOf(raw, at)
	return e, err == nil, err
}

func entryOf(raw []byte, at slot) (Entry, error) {
	l, err := decode(raw)
	if err != nil {
		return Entry{}, err
	}
	if l.Entry == nil || l.Entry.ID != at.id {
		return Entry{}, errors.New("another line stands in its place")
	}
	return *l.Entry, nil
}

// slots returns where the entries that may pass f stand, newest first, those before an ID (0: all), and at most this many.
func (v *View) slots(f Filter, before int64, most int) []slot {
	v.mu.RLock()
	defer v.mu.RUnlock()
	sieve := v.sieve(f)
	var open runs
	for at, s := range v.shelves {
		if f.Environment != "" && f.Environment != at.environment || f.Group != "" && f.Group != at.group || f.Whole && at.group != "" {
			continue
		}
		if left := s.before(before); len(left) > 0 {
			open = append(open, left)
		}
	}
	heap.Init(&open)
	var slots []slot
	for len(open) > 0 && len(slots) < most {
		newest := open[0]
		if at := newest[len(newest)-1]; sieve.lets(at) {
			slots = append(slots, at)
		}
		if open[0] = newest[:len(newest)-1]; len(open[0]) == 0 {
			heap.Pop(&open)
		} else {
			heap.Fix(&open, 0)
		}
	}
	return slots
}

// before returns the slots with a smaller ID; 0 stands for all.
func (s *shelf) before(id int64) []slot {
	if id == 0 {
		return s.slots
	}
	end, _ := slices.BinarySearchFunc(s.slots, id, func(s slot, id int64) int { return cmp.Compare(s.id, id) })
	return s.slots[:end]
}

// runs is a heap of slots of several shelves, each in order of ID: the newest of all is the last of the first.
type runs [][]slot

func (r runs) Len() int           { return len(r) }
func (r runs) Less(i, j int) bool { return r[i][len(r[i])-1].id > r[j][len(r[j])-1].id }
func (r runs) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }

// Push adds a run.
func (r *runs) Push(run any) { *r = append(*r, run.([]slot)) }

// Pop takes the last run away.
func (r *runs) Pop() any {
	last := (*r)[len(*r)-1]
	*r = (*r)[:len(*r)-1]
	return last
}
