package main

import (
	"io/fs"
	"path/filepath"
	"sync"

	"github.com/sluice-gitops/sluice/source"
)

// workTree is the Git repository that a config repo on disk stands in. It is looked for when the first pin asks for it: without
// pins a config repo needs no Git.
type workTree struct {
	root string
	open func() (*clone, error)
}

// clone is a Git repository, and the directory of the config repo in it.
type clone struct {
	*source.Clone
	root string // slash-separated, from the top of the repository
}

func newWorkTree(root string) *workTree {
	return &workTree{root: root, open: sync.OnceValues(func() (*clone, error) { return openClone(root) })}
}

// openClone opens the repository that a config repo stands in.
func openClone(root string) (*clone, error) {
	repository, err := source.OpenClone(root)
	if err != nil {
		return nil, err
	}
	// Symlinks on the way are no part of either path.
	top, err := filepath.EvalSymlinks(repository.Top())
	if err != nil {
		return nil, err
	}
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, err
	}
	below, err := filepath.Rel(top, real)
	return &clone{repository, filepath.ToSlash(below)}, err
}

// past opens a commit that leads to the one that is checked out.
func (w *workTree) past(text string) (source.Snapshot, error) { return w.Ancestor(text, "") }

// Ancestor opens a commit that leads to head, which is the one that is checked out when it is empty. Its files begin at the root
// of the config repo.
func (w *workTree) Ancestor(text, head string) (source.Snapshot, error) {
	c, err := w.open()
	if err != nil {
		return source.Snapshot{}, err
	}
	return c.Ancestor(text, head)
}

// At opens a commit, with the files of the config repo.
func (w *workTree) At(text string) (source.Snapshot, error) {
	c, err := w.open()
	if err != nil {
		return source.Snapshot{}, err
	}
	return c.At(text)
}

// Log is that of the repository.
func (w *workTree) Log(from, to string, max int) ([]source.Commit, error) {
	c, err := w.open()
	if err != nil {
		return nil, err
	}
	return c.Log(from, to, max)
}

// Ancestor is that of the repository, with the files of the config repo alone.
func (c *clone) Ancestor(text, head string) (source.Snapshot, error) {
	snapshot, err := c.Clone.Ancestor(text, head)
	if err != nil {
		return snapshot, err
	}
	return c.below(snapshot)
}

// At is that of the repository, with the files of the config repo alone.
func (c *clone) At(text string) (source.Snapshot, error) {
	snapshot, err := c.Clone.At(text)
	if err != nil {
		return snapshot, err
	}
	return c.below(snapshot)
}

func (c *clone) below(snapshot source.Snapshot) (_ source.Snapshot, err error) {
	if c.root != "." {
		snapshot.FS, err = fs.Sub(snapshot.FS, c.root)
	}
	return snapshot, err
}
