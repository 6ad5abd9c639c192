package record

import (
	"errors"
	"fmt"
	"io"
	"os"

	"go.uber.org/zap"
)

// cutTail moves what stands behind the last whole line into a file beside the journal.
func (j *Journal) cutTail() error {
	beside := fmt.Sprintf("%s.torn-%d", j.path, j.seq+1)
	saved, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(saved, io.NewSectionReader(j.file, j.size, 1<<62))
	if err = errors.Join(err, saved.Sync(), saved.Close()); err != nil {
		return err
	}
	if err := j.restore(); err != nil {
		return err
	}
	j.log.Warn("journal: cut a line that was not written to its end",
		zap.String("path", j.path), zap.Int64("line", j.seq+1), zap.Int64("bytes", n), zap.String("saved", beside))
	return nil
}

// restore makes the file end with its last whole line again.
func (j *Journal) restore() error {
	return errors.Join(j.file.Truncate(j.size), j.file.Sync())
}
