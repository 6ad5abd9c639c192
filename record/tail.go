package record

import (
	"fmt"
	"io"

	"go.uber.org/zap"
)

// end is behind the end of every store.
const end = 1 << 62

// cutTail removes what stands behind the last whole line, and saves it first where there is a place for it.
func (j *Journal) cutTail() error {
	tail := io.NewSectionReader(j.store, j.size, end)
	var saved string
	if j.keep != nil {
		var err error
		if saved, err = j.keep(j.seq+1, tail); err != nil {
			return err
		}
	}
	n, err := behind(j.store, j.size)
	if err != nil {
		return err
	}
	if err := j.store.Cut(j.size); err != nil {
		return err
	}
	j.log.Warn("journal: cut a line that was not written to its end",
		zap.String("path", j.path), zap.Int64("line", j.seq+1), zap.Int64("bytes", n), zap.String("saved", saved))
	return nil
}

// behind returns how many bytes stand behind the first size of a store.
func behind(store io.ReaderAt, size int64) (int64, error) {
	return io.Copy(io.Discard, io.NewSectionReader(store, size, end))
}

// write makes raw last at the end of the store. After an error the store ends as before, or is made to before the next line.
func (j *Journal) write(raw []byte) error {
	if j.dirty {
		if err := j.store.Cut(j.size); err != nil {
			return fmt.Errorf("remove the line before, which was not written to its end: %w", err)
		}
		j.dirty = false
	}
	err := j.store.Append(raw, j.size)
	if err != nil {
		j.dirty = j.store.Cut(j.size) != nil
	}
	return err
}
