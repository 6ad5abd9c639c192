package memory

import (
	"io/fs"
	"math"
	"runtime/debug"
)

const (
	// percent is how much garbage may stand beside what is in use before it is collected, in hundredths of it. Go by itself allows 100.
	percent = 50
	// share is the part of what the process may have that it aims to stay within, in hundredths.
	share = 90
)

// Collecting says when garbage is collected.
type Collecting struct {
	Limit   int64 // what the process aims to stay within, in bytes; 0: nothing
	Percent int   // garbage beside what is in use, in hundredths of it; below 0: only the limit counts
}

// Collect sets for the whole process when garbage is collected, and returns how. Root is the file system of the machine, and lookup reads the
// environment. What GOGC and GOMEMLIMIT say there is left as it is: Go has followed them since the start of the process.
func Collect(root fs.FS, lookup func(string) string) Collecting {
	if lookup("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
	if limit := Limit(root); limit > 0 && lookup("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit / 100 * share)
	}
	return current()
}

// current asks the runtime, which tells how often it collects only when that is set.
func current() Collecting {
	c := Collecting{Limit: debug.SetMemoryLimit(-1), Percent: debug.SetGCPercent(percent)}
	debug.SetGCPercent(c.Percent)
	if c.Limit == math.MaxInt64 {
		c.Limit = 0
	}
	return c
}
