package environments

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

// irregular reports whether an entry is neither a file nor a directory: a symlink, or a submodule.
func irregular(entry fs.DirEntry) bool { return !entry.IsDir() && !entry.Type().IsRegular() }

// irregularFault returns the fault of an entry that is neither a file nor a directory, nil for those that are.
func irregularFault(entry fs.DirEntry, name string) *diag.Diagnostic {
	if !irregular(entry) {
		return nil
	}
	fault := diag.Errorf(diag.Pos{File: name}, "submodule", "a submodule or special file stands here").
		WithHint("copy its files into the config repo, so that one commit says everything")
	if entry.Type()&fs.ModeSymlink != 0 {
		fault = diag.Errorf(diag.Pos{File: name}, "symlink", "a symlink stands here").
			WithHint("name the directory under extends instead, or copy the file")
	}
	return &fault
}

// listed is a file system that lists each directory once: a config repo with a layer for each of thousands of services has its
// largest directory looked into for every one of them. It is for one goroutine.
type listed struct {
	fs.FS
	entries map[string]map[string]fs.DirEntry // by directory, by name
}

func newListed(fsys fs.FS) listed {
	return listed{FS: fsys, entries: map[string]map[string]fs.DirEntry{}}
}

func (l listed) directory(dir string) (map[string]fs.DirEntry, error) {
	if entries, known := l.entries[dir]; known {
		return entries, nil
	}
	list, err := fs.ReadDir(l.FS, dir)
	if err != nil {
		return nil, err
	}
	entries := make(map[string]fs.DirEntry, len(list))
	for _, entry := range list {
		entries[entry.Name()] = entry
	}
	l.entries[dir] = entries
	return entries, nil
}

// lookup returns the entry of a path without following symlinks, on the way to it either. The entry is nil when there is
// none. Pos is the place that asks for it.
func (l listed) lookup(name string, pos diag.Pos) (fs.DirEntry, *diag.Diagnostic) {
	dir := "."
	var found fs.DirEntry
	for _, part := range strings.Split(name, "/") {
		entries, err := l.directory(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			fault := Unreadable(pos, err)
			return nil, &fault
		}
		if found = entries[part]; found == nil {
			return nil, nil
		}
		dir = path.Join(dir, part)
		if fault := irregularFault(found, dir); fault != nil {
			return nil, fault
		}
		if !found.IsDir() && dir != name {
			return nil, nil
		}
	}
	return found, nil
}
