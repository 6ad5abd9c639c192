package promotion

import (
	"io/fs"

	"github.com/sluice-gitops/sluice/source"
)

// Below returns a repository whose snapshots begin at a directory.
func Below(r Repository, root string) Repository { return below{r, root} }

type below struct {
	Repository
	root string
}

// At opens a commit, with the files below the directory.
func (b below) At(text string) (source.Snapshot, error) {
	snapshot, err := b.Repository.At(text)
	return b.cut(snapshot, err)
}

// Ancestor opens an earlier commit, with the files below the directory.
func (b below) Ancestor(text, head string) (source.Snapshot, error) {
	snapshot, err := b.Repository.Ancestor(text, head)
	return b.cut(snapshot, err)
}

func (b below) cut(snapshot source.Snapshot, err error) (source.Snapshot, error) {
	if err == nil && b.root != "" && b.root != "." {
		snapshot.FS, err = fs.Sub(snapshot.FS, b.root)
	}
	return snapshot, err
}
