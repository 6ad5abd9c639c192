package record

import (
	"errors"
	"fmt"

	"go.uber.org/zap"
)

// Follow opens the journal in store, which others write to for now: nothing is cut, and Refresh brings in what they write. Before
// this process writes the first line, it must call TakeOver. An error leaves the store open.
func Follow(store Store, log *zap.Logger) (*Journal, error) {
	view, err := ReadStore(store, nil)
	if err != nil {
		return nil, err
	}
	j := newJournal(log)
	j.View, j.following = view, true
	return j, nil
}

// ErrFollowed says that a line was refused because others write the journal for now.
var ErrFollowed = errors.New("another process writes this journal")

// TakeOver makes a journal that was followed one to be written to: it brings in what others wrote, cuts their torn tail, and takes
// entries that they left open for interrupted. It is called again each time when it is this process's turn, with the key of the
// marks, and never beside Refresh. Until it is done, every line is refused with ErrFollowed.
func (j *Journal) TakeOver(markKey []byte) error {
	torn, err := j.refresh()
	if err == nil && torn {
		err = j.cutTail()
	}
	if err != nil {
		return fmt.Errorf("take over journal: %w", err)
	}
	j.tellSize(largeJournal)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.markKey, j.dirty, j.following = markKey, false, false
	return nil
}

// HandOver makes the journal one that others write to again.
func (j *Journal) HandOver() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.following = true
}
