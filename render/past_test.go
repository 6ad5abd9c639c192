package render_test

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/source"
)

// pastIn makes a past of what stands in an archive below past/HASH/: the commits that lead to the one in the archive. Those below
// aside/HASH/ stand on another branch. Without either there is no past.
func pastIn(repo fs.FS) environments.Past {
	if len(hashesIn(repo, "past"))+len(hashesIn(repo, "aside")) == 0 {
		return nil
	}
	return func(text string) (source.Snapshot, error) {
		var found []string
		for _, hash := range hashesIn(repo, "past") {
			if strings.HasPrefix(hash, strings.ToLower(text)) {
				found = append(found, hash)
			}
		}
		switch {
		case len(found) > 1:
			return source.Snapshot{}, &source.Error{What: text, Hint: "it could be " + strings.Join(found, " or "), Err: source.ErrAmbiguous}
		case len(found) == 1:
			fsys, err := fs.Sub(repo, "past/"+found[0])
			return source.Snapshot{Commit: source.Commit{Hash: found[0]}, FS: fsys}, err
		}
		for _, hash := range hashesIn(repo, "aside") {
			if strings.HasPrefix(hash, text) {
				return source.Snapshot{}, fmt.Errorf("commit %s: %w", text, source.ErrNotAncestor)
			}
		}
		return source.Snapshot{}, fmt.Errorf("commit %s: %w", text, source.ErrUnknownCommit)
	}
}

func hashesIn(repo fs.FS, dir string) []string {
	entries, err := fs.ReadDir(repo, dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
