//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package source

import "os"

// flock does nothing where the system has no flock: there the directory must be kept to one process by other means.
func flock(*os.File) error { return nil }
