package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// LockedError says that another process holds the journal.
type LockedError struct {
	PID int // 0 when the process did not leave its number
}

// Error names the process.
func (e *LockedError) Error() string {
	if e.PID == 0 {
		return "another process holds it"
	}
	return fmt.Sprintf("process %d holds it", e.PID)
}

var errTaken = errors.New("another process has the lock")

// lockFile is where the process that holds a journal leaves its number. The file stays: it only means something while it is locked.
func lockFile(journal string) string { return journal + ".lock" }

// lock takes the lock file at path for this process and writes its number into it.
func lock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = flock(file)
	if errors.Is(err, errTaken) {
		return nil, errors.Join(&LockedError{PID: holder(file)}, file.Close())
	}
	if err == nil {
		err = sign(file)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return file, nil
}

// openLocked opens a file that is locked itself, for those who look past the lock file, or find it gone.
func openLocked(path string, flags int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|flags, 0o600)
	if err != nil {
		return nil, err
	}
	err = flock(file)
	if errors.Is(err, errTaken) {
		err = &LockedError{}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func sign(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func holder(file *os.File) int {
	text, err := io.ReadAll(io.LimitReader(file, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}
