package record

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"go.uber.org/zap"
)

// inPlace sees to it that what this process holds is what others find at the path: first the lock, then the journal. What was removed is
// written there again from what the process still has open.
func (s *fileStore) inPlace() error {
	if err := s.keepLock(); err != nil {
		return err
	}
	there, err := stands(s.file, s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.putBack()
	case err != nil:
		return err
	case !there:
		return fmt.Errorf("another file stands at %s than the one that was opened\n\thint: %s", s.path,
			"move it away, and the daemon puts its own back; or restart the daemon to go on with that one")
	}
	return nil
}

// stands reports whether an open file is the one at path.
func stands(file *os.File, path string) (bool, error) {
	open, err := file.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(open, there), err
}

// keepLock takes the lock file anew where it was removed or replaced. Another process may have done so first: then it has the journal.
func (s *fileStore) keepLock() error {
	held, err := stands(s.lock, lockFile(s.path))
	if held || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	next, err := lock(lockFile(s.path))
	if _, locked := errors.AsType[*LockedError](err); locked {
		return fmt.Errorf("the lock of %s was removed, and %w now\n\thint: two daemons run on one journal: stop one of them", s.path, err)
	}
	if err != nil {
		return err
	}
	s.log.Warn("journal: the lock was removed, and is taken again", zap.String("path", lockFile(s.path)))
	old := s.lock
	s.lock = next
	return old.Close()
}

// putBack writes the journal and its key where they were. The lock is held, so nobody else does. A file that is half written is not yet
// at the path: after a crash it would be taken for the whole.
func (s *fileStore) putBack() error {
	if err := s.putBackKey(); err != nil {
		return err
	}
	beside := s.path + ".new"
	file, err := openLocked(beside, os.O_TRUNC)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, io.NewSectionReader(s.file, 0, end))
	if err = errors.Join(err, file.Sync()); err == nil {
		err = os.Rename(beside, s.path)
	}
	if err = errors.Join(err, syncDir(filepath.Dir(s.path))); err != nil {
		return errors.Join(err, file.Close(), os.RemoveAll(beside))
	}
	s.log.Warn("journal: the file was removed, and is written again", zap.String("path", s.path))
	old := s.file
	s.file = file
	return old.Close()
}

// putBackKey leaves a key that is there alone.
func (s *fileStore) putBackKey() error {
	if readMarkKey(s.path) != nil || len(s.key) == 0 {
		return nil
	}
	return os.WriteFile(markKeyFile(s.path), s.key, 0o600)
}
