package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Ending is how a commit ended in an environment as a whole.
type Ending struct {
	// Line is the number of the line of the journal that says so. It grows with every ending.
	Line  int64
	Entry Entry
}

// ending says where a line stands that ends a commit in an environment.
type ending struct{ seq, offset int64 }

// Endings returns how commits have ended in environments as a whole, as the lines behind the line after say it, oldest first and in full;
// at most limit of them.
func (v *View) Endings(after int64, limit int) ([]Ending, error) {
	var found []Ending
	for _, at := range v.endingsAfter(after, limit) {
		e, err := v.readEnding(at)
		if err != nil {
			return nil, fmt.Errorf("read line %d of the journal: %w", at.seq, err)
		}
		found = append(found, Ending{Line: at.seq, Entry: e})
	}
	return found, nil
}

func (v *View) endingsAfter(after int64, limit int) []ending {
	v.mu.RLock()
	defer v.mu.RUnlock()
	first, _ := slices.BinarySearchFunc(v.endings, after+1, func(e ending, seq int64) int { return int(e.seq - seq) })
	return slices.Clone(v.endings[first:min(len(v.endings), first+limit)])
}

func (v *View) readEnding(at ending) (Entry, error) {
	raw, err := readLine(bufio.NewReader(io.NewSectionReader(v.store, at.offset, maxLine)))
	if err != nil {
		return Entry{}, err
	}
	l, err := decode(raw)
	if err != nil {
		return Entry{}, err
	}
	if l.Entry == nil || l.Seq != at.seq {
		return Entry{}, errors.New("another line stands in its place")
	}
	return *l.Entry, nil
}

// takeEnding notes where a line stands that ends a commit in an environment.
func (v *View) takeEnding(l line, offset int64) {
	if l.Entry.Group == "" && l.Entry.State.Final() {
		v.endings = append(v.endings, ending{l.Seq, offset})
	}
}
