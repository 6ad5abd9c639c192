package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// lock keeps a mirror directory to one process. The file says who has it; the lock itself is the system's and ends with the
// process.
type lock struct{ file *os.File }

var errTaken = errors.New("another process has the lock")

func takeLock(dir string) (*lock, error) {
	path := lockPath(dir)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock mirror: %w", err)
	}
	err = flock(file)
	if errors.Is(err, errTaken) {
		return nil, errors.Join(lockedBy(dir, path), file.Close())
	}
	l := &lock{file: file}
	if err == nil {
		err = l.sign()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock mirror: %w", err), file.Close())
	}
	return l, nil
}

func lockPath(dir string) string { return filepath.Join(dir, "lock") }

// keepLock takes the lock anew, and makes the directory, where somebody has removed them under a process that runs.
func (r *Repository) keepLock() error {
	held, err := r.lock.file.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Stat(lockPath(r.dir)); err == nil && os.SameFile(held, there) {
		return nil
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return err
	}
	next, err := takeLock(r.dir)
	if err != nil {
		return err
	}
	old := r.lock
	r.lock = next
	return old.release()
}

// sign writes who we are, for whom we shut out.
func (l *lock) sign() error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = fmt.Fprintf(l.file, "process %d on %s since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	return err
}

func lockedBy(dir, path string) error {
	who := "another process"
	if data, err := os.ReadFile(path); err == nil && len(data) > 0 {
		who = strings.TrimSpace(string(data))
	}
	return &Error{
		What: "open mirror " + dir,
		Hint: "stop that process, or give this one a directory of its own",
		Err:  fmt.Errorf("%w by %s", ErrLocked, who),
	}
}

// release frees the lock. The file stays: removing it would let two processes lock two files of one name.
func (l *lock) release() error { return l.file.Close() }
