package source

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// ErrBranchExists: the branch to make is there already, or checked out somewhere.
var ErrBranchExists = errors.New("the branch exists")

// Draft is a commit to be made: other contents for files that its parent has.
type Draft struct {
	Branch  string            // the short name of the branch to make
	Parent  string            // a commit, as At takes it
	Files   map[string][]byte // by path from the top of the repository
	Message string
	When    time.Time
	Force   bool // whether a branch of that name may be replaced, unless it is checked out
}

// Commit makes a commit and a branch that stands on it. It touches no work tree, and runs no hooks. The author is who Git's own
// variables and configuration name. ErrBranchExists says that nothing was made.
func (c *Clone) Commit(d Draft) (Commit, error) {
	ref := plumbing.NewBranchReferenceName(d.Branch)
	if err := c.mayMake(ref, d.Force); err != nil {
		return Commit{}, err
	}
	parent, err := c.resolve(d.Parent)
	if err != nil {
		return Commit{}, err
	}
	before, err := c.objects.commit(parent)
	if err != nil {
		return Commit{}, err
	}
	made, err := c.signatures(d.When)
	if err != nil {
		return Commit{}, err
	}
	w := &writer{clone: c, handle: openHandle(c.dir)}
	made.ParentHashes, made.Message = []plumbing.Hash{parent}, d.Message
	made.TreeHash = before.tree
	for _, path := range slices.Sorted(maps.Keys(d.Files)) {
		made.TreeHash = w.replace(made.TreeHash, strings.Split(path, "/"), d.Files[path])
	}
	hash := w.commit(made)
	if w.err == nil {
		w.err = w.handle.SetReference(plumbing.NewHashReference(ref, hash))
	}
	if err := errors.Join(w.err, w.handle.Close()); err != nil {
		return Commit{}, fmt.Errorf("write branch %q: %w", d.Branch, err)
	}
	written, err := c.objects.commit(hash)
	return written.Commit, err
}

// mayMake refuses a name that is none, and a branch that is there.
func (c *Clone) mayMake(ref plumbing.ReferenceName, force bool) error {
	if err := ref.Validate(); err != nil {
		return &Error{What: fmt.Sprintf("branch %q: this is no name for one", ref.Short()), Hint: "use letters, digits, slashes and hyphens"}
	}
	out, err := c.isCheckedOut(ref)
	if err != nil {
		return err
	}
	if out {
		return &Error{What: fmt.Sprintf("branch %q is checked out", ref.Short()), Hint: "name another one with --branch", Err: ErrBranchExists}
	}
	_, err = c.reference(ref)
	switch {
	case errors.Is(err, plumbing.ErrReferenceNotFound):
		return nil
	case err == nil && !force:
		return &Error{What: fmt.Sprintf("branch %q", ref.Short()), Hint: "name another one with --branch, or replace it with --force", Err: ErrBranchExists}
	}
	return err
}

// writer writes objects until the first error, which it keeps.
type writer struct {
	clone  *Clone
	handle *filesystem.Storage
	err    error
}

// replace writes a file anew, and the trees on the way to it; it returns the new tree.
func (w *writer) replace(tree plumbing.Hash, path []string, data []byte) plumbing.Hash {
	entries := w.raw(tree)
	at := entryAt(entries, path[0])
	if at < 0 && w.err == nil {
		w.err = fmt.Errorf("the parent has no %s", path[0])
	}
	if w.err != nil {
		return tree
	}
	hash := entries[at : at+len(tree)]
	if len(path) == 1 {
		next := w.write(plumbing.BlobObject, data)
		copy(hash, next[:])
	} else {
		next := w.replace(plumbing.Hash(hash), path[1:], data)
		copy(hash, next[:])
	}
	return w.write(plumbing.TreeObject, entries)
}

// raw reads a tree as it is stored, so that what is not replaced stays byte for byte.
func (w *writer) raw(tree plumbing.Hash) []byte {
	if w.err != nil {
		return nil
	}
	var data []byte
	data, w.err = w.clone.objects.read(plumbing.TreeObject, tree)
	return bytes.Clone(data)
}

// entryAt returns where the hash of an entry stands in a stored tree, -1 when there is no such entry.
func entryAt(entries []byte, name string) int {
	for at := 0; at < len(entries); {
		space := bytes.IndexByte(entries[at:], ' ')
		end := bytes.IndexByte(entries[at:], 0)
		if space < 0 || end < space {
			return -1
		}
		hash := at + end + 1
		if string(entries[at+space+1:at+end]) == name && hash+len(plumbing.ZeroHash) <= len(entries) {
			return hash
		}
		at = hash + len(plumbing.ZeroHash)
	}
	return -1
}

func (w *writer) write(kind plumbing.ObjectType, data []byte) plumbing.Hash {
	made := &plumbing.MemoryObject{}
	made.SetType(kind)
	if _, err := made.Write(data); err != nil && w.err == nil {
		w.err = err
	}
	return w.store(made)
}

func (w *writer) commit(commit *object.Commit) plumbing.Hash {
	made := &plumbing.MemoryObject{}
	if err := commit.Encode(made); err != nil && w.err == nil {
		w.err = err
	}
	return w.store(made)
}

func (w *writer) store(made *plumbing.MemoryObject) (hash plumbing.Hash) {
	if w.err == nil {
		hash, w.err = w.handle.SetEncodedObject(made)
	}
	return hash
}
