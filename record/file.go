package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"go.uber.org/zap"
)

// fileStore is a Store in one file.
type fileStore struct {
	path string
	log  *zap.Logger
	key  []byte // of the marks

	mu   sync.RWMutex // guards the rest: files that were removed are replaced
	file *os.File     // locked too, when lock is
	lock *os.File     // nil for reading
}

// openFile opens a journal, its lock and its key for writing.
func openFile(path string, log *zap.Logger) (*fileStore, error) {
	s := &fileStore{path: path, log: log}
	if err := s.open(); err != nil {
		return nil, errors.Join(advise(err), s.Close())
	}
	return s, nil
}

func (s *fileStore) open() (err error) {
	if s.lock, err = lock(lockFile(s.path)); err != nil {
		return err
	}
	if s.file, err = openLocked(s.path, 0); err != nil {
		return err
	}
	if s.key, err = makeMarkKey(s.path); err != nil {
		err = fmt.Errorf("make the key of the marks: %w", err)
	}
	return err
}

// ReadAt reads from the file.
func (s *fileStore) ReadAt(p []byte, off int64) (int, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.file.ReadAt(p, off)
}

// Append writes and syncs a line. It refuses where the line would not be found again, or may not be the only one:
// when another file stands at the path, or another process has the lock.
func (s *fileStore) Append(line []byte, at int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.inPlace(); err != nil {
		return advise(err)
	}
	if err := s.holds(at); err != nil {
		return err
	}
	_, err := s.file.WriteAt(line, at)
	if err == nil {
		err = s.file.Sync()
	}
	return advise(err)
}

// Cut makes the file shorter.
func (s *fileStore) Cut(size int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.holds(size); err != nil {
		return err
	}
	return advise(errors.Join(s.file.Truncate(size), s.file.Sync()))
}

// Close lets go of the files.
func (s *fileStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, file := range []*os.File{s.file, s.lock} {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	return errors.Join(errs...)
}

// holds reports a file that holds less than was written to it.
func (s *fileStore) holds(size int64) error {
	info, err := s.file.Stat()
	if err == nil && info.Size() < size {
		err = fmt.Errorf("%s holds %d bytes, and %d were written: something else has shortened it\n\thint: %s",
			s.path, info.Size(), size, "stop the daemon, and put the file back from a backup")
	}
	return err
}

// keep writes a torn tail into a file beside the journal and returns its name.
func (s *fileStore) keep(line int64, tail io.Reader) (string, error) {
	beside := fmt.Sprintf("%s.torn-%d", s.path, line)
	saved, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(saved, tail)
	return beside, errors.Join(err, saved.Sync(), saved.Close(), syncDir(filepath.Dir(s.path)))
}

// syncDir makes the names of new files in dir last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
