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
	w := walker{fsys: fsys, limits: standardWalk()}
	w.walk(dir, 0)
	return w.files, w.faults
}

type walker struct {
	fsys    fs.FS
	limits  walkLimits
	entries int // looked at so far
	files   []string
	faults  diag.List
}

// walk looks at a directory and all below it. Depth is the number of directories on the way to it from the layer.
func (w *walker) walk(dir string, depth int) {
	if !w.affords(dir, depth) {
		return
	}
	entries, err := fs.ReadDir(w.fsys, dir)
	if err != nil {
		w.faults.Add(Unreadable(diag.Pos{File: dir}, err))
		return
	}
	w.entries += len(entries)
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
			w.walk(name, depth+1)
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
