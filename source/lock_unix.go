//go:build unix

package source

import (
	"os"
	"syscall"
)

// flock takes the lock of an open file, or says at once that another process has it. The system frees it when the process ends.
func flock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
