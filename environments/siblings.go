package environments

import (
	"io/fs"
	"path"
)

// siblings returns the directories beside a path, for a hint.
func (l *loader) siblings(dir string) []string {
	entries, err := fs.ReadDir(l.fsys.FS, path.Dir(dir))
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, path.Join(path.Dir(dir), entry.Name()))
		}
	}
	return names
}
