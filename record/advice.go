package record

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// advise adds to an error of the file system what a person can do about it.
func advise(err error) error {
	hint := ""
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		hint = "make room on that disk; nothing recorded is lost, and the daemon goes on by itself"
	case errors.Is(err, syscall.EROFS):
		hint = "make that file system writable; nothing recorded is lost, and the daemon goes on by itself"
	case errors.Is(err, fs.ErrPermission):
		hint = "the journal and its directory must be writable for the user that the daemon runs as"
	case errors.Is(err, fs.ErrNotExist):
		hint = "make the directory of the journal again; the daemon then writes the journal back by itself"
	default:
		return err
	}
	return fmt.Errorf("%w\n\thint: %s", err, hint)
}
