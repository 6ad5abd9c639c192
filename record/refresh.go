package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Refresh brings the view up to what the store holds by now; a writer elsewhere may have appended lines, or taken back one that it
// could not write to its end. A view that can't be refreshed shows what it showed before, or some of what is new. One goroutine
// at a time calls it, and never on a Journal that writes.
func (v *View) Refresh() error {
	if _, err := v.refresh(); err != nil {
		return fmt.Errorf("refresh journal: %w", err)
	}
	return nil
}

// refresh reports whether the store ends in a torn line.
func (v *View) refresh() (torn bool, err error) {
	same, err := v.ends()
	if err == nil && same {
		torn, err = v.load()
	}
	if _, broken := errors.AsType[*BrokenError](err); broken || err == nil && !same {
		return v.reload()
	}
	return torn, err
}

// ends reports whether the last line that is known stands in the store.
func (v *View) ends() (bool, error) {
	if v.seq == 0 {
		return true, nil
	}
	raw, err := readLine(bufio.NewReader(io.NewSectionReader(v.store, v.tip, maxLine)))
	if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
		return false, nil
	}
	return hash(raw) == v.prev, err
}

// reload forgets everything and reads from the first line on.
func (v *View) reload() (torn bool, err error) {
	fresh := newView(v.store)
	if torn, err = fresh.load(); err != nil {
		return false, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.known = fresh.known
	return torn, nil
}
