package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// ActKind says what a person has asked the daemon to do.
type ActKind string

// What a person can ask for, besides a pause and its end.
const (
	ActSync  ActKind = "sync"  // to look at the config repo and at what is live at once
	ActRetry ActKind = "retry" // to try again what has failed or is held
)

// Act says that a person has asked the daemon to do something that it would do by itself at another time.
type Act struct {
	Kind        ActKind   `json:"kind"`
	Environment string    `json:"environment,omitempty"` // that the person had in mind; empty: all of them
	By          string    `json:"by"`                    // who did
	At          time.Time `json:"at,omitzero"`           // set by the journal
}

// Act records what a person has asked for. The kind and the person are needed.
func (j *Journal) Act(a Act) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	a.At = time.Now().UTC()
	if err := j.appendLocked(line{Type: act, Act: &a}); err != nil {
		return fmt.Errorf("record a %s: %w", a.Kind, err)
	}
	return nil
}

// Acts returns the newest acts on record, newest first, at most limit of them, read from the store.
func (v *View) Acts(limit int) ([]Act, error) {
	v.mu.RLock()
	offsets := slices.Clone(v.actLines[max(0, len(v.actLines)-limit):])
	v.mu.RUnlock()
	slices.Reverse(offsets)
	var found []Act
	for _, offset := range offsets {
		a, err := v.readAct(offset)
		if err != nil {
			return nil, fmt.Errorf("read an act from the journal: %w", err)
		}
		found = append(found, a)
	}
	return found, nil
}

func (v *View) readAct(offset int64) (Act, error) {
	raw, err := readLine(bufio.NewReader(io.NewSectionReader(v.store, offset, maxLine)))
	if err != nil {
		return Act{}, err
	}
	l, err := decode(raw)
	if err == nil && l.Act == nil {
		err = errors.New("another line stands in its place")
	}
	if err != nil {
		return Act{}, err
	}
	return *l.Act, nil
}

func fitsAct(l line) error {
	if l.Act == nil || l.Act.Kind == "" || l.Act.By == "" {
		return errors.New("it says that a person asked for something, and not what or who")
	}
	return nil
}
