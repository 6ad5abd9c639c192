package record

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"go.uber.org/zap"
)

// fileStore is a Store in one file.
type fileStore struct {
	path string
	log  *zap.Logger

	mu   sync.RWMutex // guards the next: a file that was removed is replaced
	file *os.File
}

func openFile(path string, log *zap.Logger) (*fileStore, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &fileStore{path: path, log: log, file: file}, nil
}

// ReadAt reads from the file.
func (s *fileStore) ReadAt(p []byte, off int64) (int, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.file.ReadAt(p, off)
}

// Append writes and syncs a line. It refuses where the line would not be found again: when another file stands at the path.
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

// Close lets go of the file.
func (s *fileStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file.Close()
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

// inPlace sees to it that the open file is the one at the path. A file that was removed is written there again from what the
// daemon still has open.
func (s *fileStore) inPlace() error {
	open, err := s.file.Stat()
	if err != nil {
		return err
	}
	there, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.putBack()
	case err != nil:
		return err
	case !os.SameFile(open, there):
		return fmt.Errorf("another file stands at %s than the one that was opened\n\thint: %s", s.path,
			"move it away, and the daemon puts its own back; or restart the daemon to go on with that one")
	}
	return nil
}

func (s *fileStore) putBack() error {
	file, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, io.NewSectionReader(s.file, 0, end))
	if err = errors.Join(err, file.Sync(), syncDir(filepath.Dir(s.path))); err != nil {
		return errors.Join(err, file.Close(), os.Remove(s.path))
	}
	s.log.Warn("journal: the file was removed, and is written again", zap.String("path", s.path))
	old := s.file
	s.file = file
	return old.Close()
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
