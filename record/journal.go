package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.uber.org/zap"
)

// Journal is a View that can be written to. One process holds it at a time. It is safe for use by several goroutines at once.
type Journal struct {
	*View
	log  *zap.Logger
	path string // of the file; empty for another store
	keep keeper

	following bool // others write; guarded by View.mu, as is the next
	dirty     bool // a line that failed may still stand at the end

	appended, failed int64 // lines; guarded by View.mu
}

// keeper saves a torn tail before it is cut off, and says where.
type keeper func(line int64, tail io.Reader) (where string, err error)

// Open opens the journal at path for writing, and creates it and its directory when they do not exist, for the user alone. A
// torn tail is cut off, kept beside the file and said in log, which may be nil. A chain that is broken is refused with a
// *BrokenError that names the line; a journal that another process holds with a *LockedError that names the process.
func Open(path string, log *zap.Logger) (*Journal, error) {
	j := newJournal(log)
	j.path = path
	if err := j.startFile(); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", path, err), j.Close())
	}
	return j, nil
}

// OpenStore opens the journal in store for writing, as Open does with a file: a torn tail is cut off and said in log, which may
// be nil, and a broken chain is refused with a *BrokenError. The caller sees to it that no other Journal writes to the store.
// The key of the marks (32 bytes) must be the same each time; with nil no marks are made. The journal starts no goroutine, and
// uses the clock for nothing but the times in its lines and the end of a pause. An error leaves the store open.
func OpenStore(store Store, markKey []byte, log *zap.Logger) (*Journal, error) {
	j := newJournal(log)
	j.View = newView(store)
	j.markKey = markKey
	if err := j.start(); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return j, nil
}

func newJournal(log *zap.Logger) *Journal {
	if log == nil {
		log = zap.NewNop()
	}
	return &Journal{log: log}
}

func (j *Journal) startFile() error {
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return advise(err)
	}
	file, err := openFile(j.path, j.log)
	if err != nil {
		return err
	}
	j.View, j.keep = newView(file), file.keep
	j.markKey = file.key
	return errors.Join(j.start(), syncDir(filepath.Dir(j.path)))
}

// start brings what the store holds into memory, and makes it end with a whole line.
func (j *Journal) start() error {
	torn, err := j.load()
	if err == nil && torn {
		if err = j.cutTail(); err != nil {
			err = fmt.Errorf("cut torn tail: %w", err)
		}
	}
	if err == nil {
		j.tellSize(largeJournal)
	}
	return err
}

// Close lets go of the store and of the lock.
func (j *Journal) Close() error {
	if j.View == nil {
		return nil
	}
	return j.View.Close()
}
