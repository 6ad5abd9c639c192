package simulation

import (
	"crypto/sha1" //nolint:gosec // as Git does
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing/fstest"
)

// tree is the files of a commit, with the content hashes that a snapshot of a Git commit has.
type tree struct {
	fstest.MapFS
	hashes map[string]string
}

func newTree(files map[string]string) tree {
	t := tree{MapFS: fstest.MapFS{}, hashes: map[string]string{}}
	below := map[string]string{}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		t.MapFS[path] = &fstest.MapFile{Data: []byte(files[path]), Mode: 0o644}
		t.hashes[path] = digest(files[path])
		for dir := path; dir != "."; {
			dir = parent(dir)
			below[dir] += fmt.Sprintln(path, t.hashes[path])
		}
	}
	for dir, text := range below {
		t.hashes[dir] = digest(text)
	}
	return t
}

func parent(path string) string {
	if end := strings.LastIndexByte(path, '/'); end >= 0 {
		return path[:end]
	}
	return "."
}

func digest(text string) string {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // as Git does
	return hex.EncodeToString(sum[:])
}

// Hash returns the content hash of a file or directory.
func (t tree) Hash(path string) (string, bool) {
	hash, ok := t.hashes[path]
	return hash, ok
}

var _ fs.ReadDirFS = tree{}
