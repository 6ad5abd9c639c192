package memory

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// Limit returns how many bytes the process may have at most by its control groups, or 0 when they say nothing. Root is the file system of the
// machine. It knows both versions of control groups, and takes the least of all that stand above the process.
func Limit(root fs.FS) int64 {
	table, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	least := int64(math.MaxInt64)
	for line := range strings.Lines(string(table)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 {
			continue
		}
		for _, file := range files(fields[1]) {
			least = min(least, upwards(root, file.dir, fields[2], file.name))
		}
	}
	if least >= none {
		return 0
	}
	return least
}

// none is so much that it is no limit: version 1 writes the most that a counter holds.
const none = math.MaxInt64 / 2

// file is where a control group says how much memory it may have.
type file struct{ dir, name string }

// files returns those of a hierarchy with these controllers. That of version 2 names none.
func files(controllers string) []file {
	switch controllers {
	case "":
		return []file{{"sys/fs/cgroup", "memory.max"}, {"sys/fs/cgroup", "memory.high"}}
	case "memory":
		return []file{{"sys/fs/cgroup/memory", "memory.limit_in_bytes"}}
	}
	return nil
}

// upwards returns the least that the groups from one on upwards say. A container sees its own group as the top, so what is missing is no fault.
func upwards(root fs.FS, dir, group, name string) int64 {
	least := int64(math.MaxInt64)
	for at := path.Clean("/" + group); ; at = path.Dir(at) {
		if text, err := fs.ReadFile(root, path.Join(dir, at, name)); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
				least = min(least, n)
			}
		}
		if at == "/" {
			return least
		}
	}
}
