package simulation

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/sluice-gitops/sluice/record"
)

// disk holds the bytes of the journal, and outlasts the daemon.
type disk struct {
	mu      sync.Mutex
	bytes   []byte
	full    bool                   // no line goes in whole
	dead    bool                   // nothing can be changed at all
	written []int                  // where the lines that were appended since the last look begin
	lies    func(line []byte) bool // a line that is said to be durable, and is not; for sabotage
	stuck   bool                   // Cut does nothing, and says that it did; for sabotage
}

var (
	errFull = errors.New("no space left on device")
	errIO   = errors.New("input/output error")
)

// journal is the store of one daemon on the disk.
type journal struct {
	*disk
	of *incarnation
}

var _ record.Store = journal{}

// ReadAt reads what is there.
func (d *disk) ReadAt(p []byte, off int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.NewReader(d.bytes).ReadAt(p, off)
}

// Append adds a line, or a part of it when the disk is full.
func (j journal) Append(line []byte, at int64) error {
	if !j.of.world.stage.alive(j.of) {
		return errDead
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.dead:
		return errIO
	case int64(len(j.bytes)) != at && !j.stuck:
		return errors.New("the journal ends elsewhere")
	case j.full:
		j.bytes = append(j.bytes, line[:len(line)/3]...)
		return errFull
	case j.lies != nil && j.lies(line):
		return nil
	}
	j.written = append(j.written, len(j.bytes))
	j.bytes = append(j.bytes, line...)
	return nil
}

// Cut removes what stands behind.
func (j journal) Cut(size int64) error {
	if !j.of.world.stage.alive(j.of) {
		return errDead
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.dead:
		return errIO
	case size > int64(len(j.bytes)):
		return errors.New("the journal is shorter")
	case !j.stuck:
		j.bytes = j.bytes[:size]
	}
	return nil
}

// appended returns the lines since the last call, and where each begins.
func (d *disk) appended() (lines [][]byte, at []int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, begin := range d.written {
		length := bytes.IndexByte(d.bytes[begin:], '\n') + 1
		lines, at = append(lines, d.bytes[begin:begin+length]), append(at, begin)
	}
	d.written = nil
	return lines, at
}

// cutTo is what a loss of power does.
func (d *disk) cutTo(size int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bytes = d.bytes[:size:size]
	d.written = nil
}

// image is what a reader sees.
func (d *disk) image() record.Store { return readOnly{bytes.NewReader(bytes.Clone(d.bytes))} }

type readOnly struct{ io.ReaderAt }

// Append refuses.
func (readOnly) Append([]byte, int64) error { return errIO }

// Cut refuses.
func (readOnly) Cut(int64) error { return errIO }
