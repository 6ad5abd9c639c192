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

// lookup returns the entry of a path without following symlinks, on the way to it either. The entry is nil when there is
// none. Pos is the place that asks for it.
func lookup(fsys fs.FS, name string, pos diag.Pos) (fs.DirEntry, *diag.Diagnostic) {
	dir := "."
	var found fs.DirEntry
	for _, part := range strings.Split(name, "/") {
		entries, err := fs.ReadDir(fsys, dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			fault := Unreadable(pos, err)
			return nil, &fault
		}
		if found = named(entries, part); found == nil {
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

func named(entries []fs.DirEntry, name string) fs.DirEntry {
	for _, entry := range entries {
		if entry.Name() == name {
			return entry
		}
	}
	return nil
}
