package source

import (
	"errors"

	"github.com/go-git/go-git/v5/plumbing"
)

// Merged is what a merge of two commits comes to, without a work tree.
type Merged struct {
	// Snapshot has the files of the merge, and the commit that was merged. With conflicts it has no files: FS is nil.
	Snapshot
	// Conflicts are the files that a person has to merge, sorted by path. A file that was renamed on one side and changed on the other is
	// one, though some forges follow renames.
	Conflicts []Conflict
}

// Conflict is a file that two sides have changed in ways that can't both be kept.
type Conflict struct {
	Path string // from the top of the repository
	Line int    // of the side that is merged, from 1; 0: it concerns the whole file
	What string // what has happened on both sides, as "removed on one side, changed on the other"
}

// Merge merges a commit into another one, both by their whole hashes: three ways, directory by directory and then line by line, without
// following renames. Nothing is written. A commit that the mirror does not hold is ErrUnknownCommit, two without a common past are
// ErrUnrelated.
func (r *Repository) Merge(into, head string) (Merged, error) {
	return r.objects.mergeCommits(plumbing.NewHash(into), plumbing.NewHash(head))
}

func (o *objects) mergeCommits(into, head plumbing.Hash) (Merged, error) {
	bases, err := o.mergeBases(into, head)
	if err != nil {
		return Merged{}, err
	}
	ours, err := o.commit(into)
	if err != nil {
		return Merged{}, err
	}
	theirs, err := o.commit(head)
	if err != nil {
		return Merged{}, err
	}
	m := &merger{overlay: newOverlay(o)}
	merged := Merged{Snapshot: Snapshot{Commit: theirs.Commit}}
	base, err := m.base(bases)
	if merged.Conflicts = m.conflicts; err != nil || len(m.conflicts) > 0 {
		return merged, err
	}
	root, err := m.trees(base, ours.tree, theirs.tree)
	if merged.Conflicts = m.conflicts; err == nil && len(m.conflicts) == 0 {
		merged.FS = newTree(m.overlay, root, theirs.When)
	}
	return merged, err
}

// crosswise is the conflict of branches that were merged into each other in a way that leaves no one state that both come from.
const crosswise = "the branches were merged into each other, and nothing says what both come from"

// base returns the tree that both sides come from. Of two that were merged crosswise it is what those two come to together, as in Git.
func (m *merger) base(bases []revision) (plumbing.Hash, error) {
	if len(bases) == 1 {
		return bases[0].tree, nil
	}
	below, err := m.under.mergeBases(plumbing.NewHash(bases[0].Hash), plumbing.NewHash(bases[1].Hash))
	if len(bases) > 2 || errors.Is(err, ErrUnrelated) {
		m.conflict(".", 0, crosswise)
		return bases[0].tree, nil
	}
	if err != nil {
		return plumbing.ZeroHash, err
	}
	base, err := m.base(below)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	root, err := m.trees(base, bases[0].tree, bases[1].tree)
	if len(m.conflicts) > 0 {
		m.conflicts = []Conflict{{Path: ".", What: crosswise}}
	}
	return root, err
}
