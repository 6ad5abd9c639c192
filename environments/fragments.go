package environments

import (
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/sluice-gitops/sluice/diag"
)

// Fragments returns the fragment files of a layer, sorted: every YAML file in the directory and below it, but not the
// environment.yaml and the groups/ of an environment, and no environment inside another layer. Symlinks, submodules and what
// can't be read are faults.
func Fragments(fsys fs.FS, dir string) ([]string, diag.List) {
	w := walker{fsys: fsys}
	w.walk(dir)
	return w.files, w.faults
}

type walker struct {
	fsys   fs.FS
	files  []string
	faults diag.List
}

func (w *walker) walk(dir string) {
	entries, err := fs.ReadDir(w.fsys, dir)
	if err != nil {
		w.faults.Add(Unreadable(diag.Pos{File: dir}, err))
		return
	}
	for _, entry := range entries {
		name := path.Join(dir, entry.Name())
		if fault := irregularFault(entry, name); fault != nil {
			w.faults.Add(*fault)
			continue
		}
		wanted := entry.IsDir() || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
		switch {
		case notOfLayer(dir, entry) || !wanted:
		case !utf8.ValidString(entry.Name()):
			w.faults.Add(badEncoding(dir, entry))
		case entry.IsDir():
			w.walk(name)
		default:
			w.files = append(w.files, name)
		}
	}
}

// notOfLayer reports whether an entry of an environment's directory has a meaning of its own.
func notOfLayer(dir string, entry fs.DirEntry) bool {
	if path.Dir(dir) != environmentsDir {
		return false
	}
	return entry.Name() == environmentFile || (entry.Name() == groupsDir && entry.IsDir())
}

// badEncoding is the fault of a name that no path can hold. Its place is the directory, since a place is text.
func badEncoding(dir string, entry fs.DirEntry) diag.Diagnostic {
	return diag.Errorf(diag.Pos{File: dir}, "invalid-utf8", "the name %q is not valid UTF-8", entry.Name()).
		WithHint("rename it: names are UTF-8")
}
