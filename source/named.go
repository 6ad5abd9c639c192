package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// named finds the commit of HEAD, a branch, a tag or a hash, in the order in which git looks.
func (c *Clone) named(name string) (plumbing.Hash, error) {
	if name == "HEAD" {
		return c.head()
	}
	for _, prefix := range []string{"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"} {
		ref := plumbing.ReferenceName(prefix + name)
		if !strings.HasPrefix(string(ref), "refs/") || ref.Validate() != nil {
			continue
		}
		hash, err := c.reference(ref)
		if err == nil {
			return c.peel(hash)
		}
		if !errors.Is(err, plumbing.ErrReferenceNotFound) {
			return plumbing.ZeroHash, fmt.Errorf("read %s: %w", ref, err)
		}
	}
	if !hexadecimal.MatchString(strings.ToLower(name)) {
		return plumbing.ZeroHash, &Error{
			What: fmt.Sprintf("commit %q", name), Hint: "name a commit by its hash, a branch, a tag, or HEAD", Err: ErrUnknownCommit,
		}
	}
	return c.objects.resolve(name)
}

// head returns the commit that is checked out.
func (c *Clone) head() (plumbing.Hash, error) {
	name, hash, err := c.checkedOut(c.own)
	if err != nil || name == "" {
		return hash, err
	}
	hash, err = c.reference(name)
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return hash, &Error{What: fmt.Sprintf("branch %q", name.Short()), Hint: "make a first commit", Err: ErrUnknownCommit}
	}
	return hash, err
}

// checkedOut reads the HEAD of a work tree: the name of a branch, or the hash of a commit.
func (c *Clone) checkedOut(own string) (plumbing.ReferenceName, plumbing.Hash, error) {
	data, err := os.ReadFile(filepath.Join(own, "HEAD"))
	if err != nil {
		return "", plumbing.ZeroHash, fmt.Errorf("read HEAD: %w", err)
	}
	text := strings.TrimSpace(string(data))
	if name, ok := strings.CutPrefix(text, "ref: "); ok {
		return plumbing.ReferenceName(strings.TrimSpace(name)), plumbing.ZeroHash, nil
	}
	if !plumbing.IsHash(text) {
		return "", plumbing.ZeroHash, fmt.Errorf("read HEAD: %q is no commit", text)
	}
	return "", plumbing.NewHash(text), nil
}

func (c *Clone) reference(name plumbing.ReferenceName) (hash plumbing.Hash, err error) {
	handle := openHandle(c.dir)
	for range 5 { // a name may stand for a name
		ref, err := handle.Reference(name)
		if err != nil {
			return hash, errors.Join(err, handle.Close())
		}
		if ref.Type() == plumbing.HashReference {
			return ref.Hash(), handle.Close()
		}
		name = ref.Target()
	}
	return hash, errors.Join(fmt.Errorf("%s stands for itself", name), handle.Close())
}

// peel returns the commit that an annotated tag is of.
func (c *Clone) peel(hash plumbing.Hash) (plumbing.Hash, error) {
	for range 5 {
		var tag object.Tag
		isTag := false
		err := c.objects.locked(func(handle *filesystem.Storage) error {
			found, err := handle.EncodedObject(plumbing.AnyObject, hash)
			if err != nil || found.Type() != plumbing.TagObject {
				return err
			}
			isTag = true
			return tag.Decode(found)
		})
		if err != nil || !isTag {
			return hash, err
		}
		hash = tag.Target
	}
	return hash, fmt.Errorf("tag %s is of tags only", hash)
}
