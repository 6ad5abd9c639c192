package source

import (
	"fmt"
	"path"

	"github.com/go-git/go-git/v5/plumbing"
)

// verify proves that a commit is whole: the commit and each of its trees can be read, each of its blobs is there. Trees in
// known were proven before and are not read again; those that are proven now are added to it.
func verify(o *objects, hash plumbing.Hash, known map[plumbing.Hash]bool) error {
	c, err := o.commit(hash)
	if err != nil {
		return err
	}
	return verifyTree(o, ".", c.tree, known)
}

func verifyTree(o *objects, at string, hash plumbing.Hash, known map[plumbing.Hash]bool) error {
	if known[hash] {
		return nil
	}
	entries, err := o.tree(hash)
	if err != nil {
		return fmt.Errorf("read %s: %w", at, err)
	}
	for _, e := range entries {
		if err := verifyEntry(o, path.Join(at, e.name), e, known); err != nil {
			return err
		}
	}
	known[hash] = true
	return nil
}

func verifyEntry(o *objects, at string, e entry, known map[plumbing.Hash]bool) error {
	if e.mode.IsDir() {
		return verifyTree(o, at, e.hash, known)
	}
	if !e.mode.IsRegular() {
		return nil
	}
	if err := o.has(e.hash); err != nil {
		return fmt.Errorf("read %s: blob %s: %w", at, e.hash, err)
	}
	return nil
}
