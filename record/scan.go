package record

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// BrokenError says where a journal is not what was written.
type BrokenError struct {
	Line int64 // from 1
	Why  string
}

// Error names the line and what is wrong with it.
func (e *BrokenError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Why) }

// errTorn says that the file ends in a line that was not written to its end.
var errTorn = errors.New("torn tail")

// scanner reads the lines of a journal in turn and checks the chain.
type scanner struct {
	reader *bufio.Reader
	offset int64  // where the next line begins
	seq    int64  // of the last line
	prev   string // hash of the last line
}

// newScanner reads on from the line seq, which ends at offset and has the hash prev.
func newScanner(store io.ReaderAt, offset, seq int64, prev string) *scanner {
	reader := io.NewSectionReader(store, offset, end-offset)
	return &scanner{reader: bufio.NewReaderSize(reader, 64<<10), offset: offset, seq: seq, prev: prev}
}

// next returns the next line and its offset. At the end it returns io.EOF, or errTorn when the file goes on after the last
// whole line; s.offset is then the length of what is good.
func (s *scanner) next() (line, int64, error) {
	raw, err := readLine(s.reader)
	if err != nil {
		return line{}, s.offset, s.explain(err)
	}
	l, err := s.check(raw)
	if err != nil {
		if s.unwritten(raw) {
			return line{}, s.offset, errTorn
		}
		return line{}, s.offset, &BrokenError{s.seq + 1, err.Error()}
	}
	at := s.offset
	s.seq, s.prev, s.offset = l.Seq, hash(raw), s.offset+int64(len(raw))
	return l, at, nil
}

func (s *scanner) explain(err error) error {
	if errors.Is(err, errTooLong) {
		return &BrokenError{s.seq + 1, err.Error()}
	}
	return err
}

func (s *scanner) check(raw []byte) (line, error) {
	l, err := decode(raw)
	switch {
	case err != nil:
		return line{}, err
	case l.Seq != s.seq+1:
		return line{}, fmt.Errorf("it says that it is line %d: lines were added or removed", l.Seq)
	case l.Prev != s.prev:
		return line{}, errors.New("it is not chained to the line before: one of the two was replaced")
	}
	return l, nil
}

// unwritten reports whether raw is the last line and holds zero bytes: what a file system shows where the machine went down
// before the data reached the disk. JSON never holds one.
func (s *scanner) unwritten(raw []byte) bool {
	_, err := s.reader.Peek(1)
	return errors.Is(err, io.EOF) && bytes.IndexByte(raw, 0) >= 0
}

var errTooLong = fmt.Errorf("it is longer than %d bytes", maxLine)

// readLine returns the next line with its newline, io.EOF at the end, errTorn when the end comes before the newline.
func readLine(r *bufio.Reader) ([]byte, error) {
	var raw []byte
	for {
		part, err := r.ReadSlice('\n')
		raw = append(raw, part...)
		switch {
		case err == nil:
			return raw, nil
		case errors.Is(err, bufio.ErrBufferFull) && len(raw) > maxLine:
			return nil, errTooLong
		case errors.Is(err, io.EOF) && len(raw) > 0:
			return nil, errTorn
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}
