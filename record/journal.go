package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.uber.org/zap"
)

// Journal is a View that can be written to. One process holds it at a time. It is safe for use by several goroutines at once.
type Journal struct {
	*View
	path   string
	log    *zap.Logger
	lock   *os.File
	broken error // why nothing more can be written; guarded by View.mu
}

// Open opens the journal at path for writing, and creates it and its directory when they do not exist, for the user alone. A
// torn tail is cut off, kept beside the file and said in log, which may be nil. A chain that is broken is refused with a
// *BrokenError that names the line; a journal that another process holds with a *LockedError that names the process.
func Open(path string, log *zap.Logger) (*Journal, error) {
	if log == nil {
		log = zap.NewNop()
	}
	j := &Journal{path: path, log: log}
	if err := j.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", path, err), j.Close())
	}
	return j, nil
}

func (j *Journal) start() (err error) {
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return err
	}
	if j.lock, err = lock(j.path + ".lock"); err != nil {
		return err
	}
	file, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	j.View = newView(file)
	if j.markKey, err = makeMarkKey(j.path); err != nil {
		return fmt.Errorf("make the key of the marks: %w", err)
	}
	torn, err := j.load()
	if err != nil {
		return err
	}
	if torn {
		if err := j.cutTail(); err != nil {
			return fmt.Errorf("cut torn tail: %w", err)
		}
	}
	return syncDir(filepath.Dir(j.path))
}

// Close lets go of the file and of the lock.
func (j *Journal) Close() error {
	var errs []error
	if j.View != nil {
		errs = append(errs, j.View.Close())
	}
	if j.lock != nil {
		errs = append(errs, unlock(j.lock))
		j.lock = nil
	}
	return errors.Join(errs...)
}

// syncDir makes the names of new files in dir last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
