package source

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Proposal is a commit that was made here, and that no repository has yet. Its files can be read as those of any snapshot.
type Proposal struct {
	Snapshot
	objects *overlay
}

// Notice says what a commit says of itself besides its files. The same notice over the same files of the same parent is the same commit.
type Notice struct {
	Message     string
	Name, Email string    // of who makes it
	When        time.Time // to the second
}

// Edit proposes a commit on top of parent, given by its whole hash, in which some files of it have other contents. Nothing is written.
func (r *Repository) Edit(parent string, contents map[string][]byte, n Notice) (Proposal, error) {
	return r.objects.edit(plumbing.NewHash(parent), contents, n)
}

func (o *objects) edit(parent plumbing.Hash, contents map[string][]byte, n Notice) (Proposal, error) {
	before, err := o.commit(parent)
	if err != nil {
		return Proposal{}, err
	}
	made, root := newOverlay(o), before.tree
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		if root, err = made.replace(root, ".", strings.Split(name, "/"), contents[name]); err != nil {
			return Proposal{}, fmt.Errorf("edit %s: %w", name, err)
		}
	}
	return made.propose(before, root, n)
}

// replace gives a file of a tree another content.
func (o *overlay) replace(tree plumbing.Hash, at string, name []string, data []byte) (plumbing.Hash, error) {
	entries, err := o.tree(tree)
	if err != nil {
		return tree, err
	}
	i := slices.IndexFunc(entries, func(e entry) bool { return e.name == name[0] })
	if i < 0 || entries[i].mode.IsDir() != (len(name) > 1) {
		return tree, fmt.Errorf("the commit has no %s", path.Join(at, name[0]))
	}
	entries = slices.Clone(entries)
	if len(name) == 1 {
		entries[i].hash = o.put(plumbing.BlobObject, data)
	} else if entries[i].hash, err = o.replace(entries[i].hash, path.Join(at, name[0]), name[1:], data); err != nil {
		return tree, err
	}
	return o.putTree(entries), nil
}

// propose makes a commit of a tree.
func (o *overlay) propose(parent revision, root plumbing.Hash, n Notice) (Proposal, error) {
	by := object.Signature{Name: n.Name, Email: n.Email, When: n.When}
	commit := &object.Commit{
		Author: by, Committer: by, Message: n.Message, TreeHash: root, ParentHashes: []plumbing.Hash{plumbing.NewHash(parent.Hash)},
	}
	data, err := encodeCommit(commit)
	if err != nil {
		return Proposal{}, err
	}
	made, err := revisionOf(o.put(plumbing.CommitObject, data), data)
	if err != nil {
		return Proposal{}, err
	}
	return Proposal{Snapshot{Commit: made.Commit, FS: newTree(o, root, made.When)}, o}, nil
}

// encodeCommit writes a commit as Git stores it.
func encodeCommit(commit *object.Commit) ([]byte, error) {
	encoded := &plumbing.MemoryObject{}
	if err := commit.Encode(encoded); err != nil {
		return nil, err
	}
	reader, err := encoded.Reader()
	if err != nil {
		return nil, err
	}
	var data bytes.Buffer
	_, err = data.ReadFrom(reader)
	return data.Bytes(), err
}

// Notice names who makes commits in this clone: by Git's own variables, else by its configuration.
func (c *Clone) Notice(when time.Time) (Notice, error) {
	by, err := c.signatures(when)
	if err != nil {
		return Notice{}, err
	}
	return Notice{Name: by.Author.Name, Email: by.Author.Email, When: when}, nil
}

// Keep writes a proposal into the clone, as a branch. ErrBranchExists says that nothing was written: force replaces a branch that is
// there, unless it is checked out.
func (c *Clone) Keep(p Proposal, branch string, force bool) error {
	ref := plumbing.NewBranchReferenceName(branch)
	if err := c.mayMake(ref, force); err != nil {
		return err
	}
	w := &writer{clone: c, handle: openHandle(c.dir)}
	for _, hash := range p.objects.order {
		w.write(p.objects.made[hash].kind, p.objects.made[hash].data)
	}
	if w.err == nil {
		w.err = w.handle.SetReference(plumbing.NewHashReference(ref, plumbing.NewHash(p.Commit.Hash)))
	}
	if err := errors.Join(w.err, w.handle.Close()); err != nil {
		return fmt.Errorf("write branch %q: %w", branch, err)
	}
	return nil
}
