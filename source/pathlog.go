package source

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/go-git/go-git/v5/plumbing"
)

// Brought returns the newest commit up to the given one that changed what stands at path, and so the one that brought it to what it is
// there. It is an error that is fs.ErrNotExist when the commit has no such path.
func (c *Clone) Brought(commit, path string) (Commit, error) {
	hash, err := c.resolve(commit)
	if err != nil {
		return Commit{}, err
	}
	return c.objects.brought(hash, path)
}

// Brought is that of Clone; commit is a whole hash.
func (r *Repository) Brought(commit, path string) (Commit, error) {
	return r.objects.brought(plumbing.NewHash(commit), path)
}

func (o *objects) brought(hash plumbing.Hash, path string) (Commit, error) {
	for {
		at, err := o.commit(hash)
		if err != nil {
			return Commit{}, err
		}
		before, same, err := o.sameBefore(at, path)
		if err != nil || !same {
			return at.Commit, err
		}
		hash = before
	}
}

// sameBefore returns a parent that has the same at path.
func (o *objects) sameBefore(at revision, path string) (plumbing.Hash, bool, error) {
	now, err := o.entryAt(at, path)
	if err != nil || o.shallow[plumbing.NewHash(at.Hash)] {
		return plumbing.ZeroHash, false, err
	}
	for _, parent := range at.parents {
		before, err := o.commit(parent)
		if err != nil {
			return plumbing.ZeroHash, false, fmt.Errorf("read history: %w", err)
		}
		was, err := o.entryAt(before, path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return plumbing.ZeroHash, false, err
		}
		if err == nil && was == now {
			return parent, true, nil
		}
	}
	return plumbing.ZeroHash, false, nil
}

// entryAt returns what a commit has at path.
func (o *objects) entryAt(at revision, path string) (plumbing.Hash, error) {
	found, err := newTree(o, at.tree, at.When).lookup("look for", path)
	return found.hash, err
}

// Carried returns the commits that changed what stands at path, of those that are reachable from to and not from from, newest first,
// at most max of them; no limit when max is not positive. Merges that took one side as it was are left out.
func (c *Clone) Carried(from, to, path string, max int) ([]Commit, error) {
	commits, err := c.Log(from, to, 0)
	if err != nil {
		return nil, err
	}
	return c.objects.carried(commits, path, max)
}

// Carried is that of Clone.
func (r *Repository) Carried(from, to, path string, max int) ([]Commit, error) {
	commits, err := r.Log(from, to, 0)
	if err != nil {
		return nil, err
	}
	return r.objects.carried(commits, path, max)
}

func (o *objects) carried(commits []Commit, path string, max int) ([]Commit, error) {
	var carried []Commit
	for _, commit := range commits {
		changed, err := o.changed(commit, path)
		if err != nil {
			return nil, err
		}
		if changed {
			carried = append(carried, commit)
		}
		if max > 0 && len(carried) == max {
			break
		}
	}
	return carried, nil
}

func (o *objects) changed(commit Commit, path string) (bool, error) {
	at, err := o.commit(plumbing.NewHash(commit.Hash))
	if err != nil {
		return false, err
	}
	_, same, err := o.sameBefore(at, path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return !same, err
}
