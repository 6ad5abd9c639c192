package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Pauses returns every pause and every resume on record, newest first, read from the store. A resume has no end (Until is zero), and By
// is who ended the pause.
func (v *View) Pauses() ([]Pause, error) {
	v.mu.RLock()
	offsets := slices.Clone(v.pauseLines)
	v.mu.RUnlock()
	slices.Reverse(offsets)
	var found []Pause
	for _, offset := range offsets {
		p, err := v.readPause(offset)
		if err != nil {
			return nil, fmt.Errorf("read a pause from the journal: %w", err)
		}
		found = append(found, p)
	}
	return found, nil
}

func (v *View) readPause(offset int64) (Pause, error) {
	raw, err := readLine(bufio.NewReader(io.NewSectionReader(v.store, offset, maxLine)))
	if err != nil {
		return Pause{}, err
	}
	l, err := decode(raw)
	if err == nil && l.Pause == nil {
		err = errors.New("another line stands in its place")
	}
	if err != nil {
		return Pause{}, err
	}
	return *l.Pause, nil
}

func (v *View) takePause(l line, offset int64) {
	v.pauseLines = append(v.pauseLines, offset)
	if l.Type == resume {
		delete(v.pauses, l.Pause.Environment)
		return
	}
	v.pauses[l.Pause.Environment] = *l.Pause
}
