package source

import (
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
)

// Reverted is a commit that undoes another one.
type Reverted struct {
	Proposal             // zero when there are conflicts, or nothing to undo
	Conflicts []Conflict // files that have changed since in ways that can't both be kept
	Undone    Commit     // what is undone
	Before    Commit     // the state that comes back where nothing else has changed: the first parent of Undone, or what RevertTo was given
	// Nothing says that the branch holds nothing of the commit any more.
	Nothing bool
}

// Revert proposes a commit on top of onto that takes back what a commit has brought: of a merge, what it brought to its first parent. Both are
// whole hashes. The notice may have an empty message: then it is the usual one. Nothing is written.
func (r *Repository) Revert(commit, onto string, n Notice) (Reverted, error) {
	return r.objects.revert(plumbing.ZeroHash, plumbing.NewHash(commit), plumbing.NewHash(onto), n)
}

// RevertTo proposes a commit on top of onto that takes back all that was brought after an earlier commit, up to and with this one. All are
// whole hashes; the notice needs a message. What has come after the commit stays.
func (r *Repository) RevertTo(back, commit, onto string, n Notice) (Reverted, error) {
	return r.objects.revert(plumbing.NewHash(back), plumbing.NewHash(commit), plumbing.NewHash(onto), n)
}

// Revert is that of Repository; onto and commit may be whatever At takes.
func (c *Clone) Revert(commit, onto string, n Notice) (Reverted, error) {
	return c.RevertTo("", commit, onto, n)
}

// RevertTo is that of Repository; its commits may be whatever At takes. An empty back is what Revert goes back to.
func (c *Clone) RevertTo(back, commit, onto string, n Notice) (Reverted, error) {
	undo, err := c.resolve(commit)
	if err != nil {
		return Reverted{}, err
	}
	var before plumbing.Hash
	if back != "" {
		if before, err = c.resolve(back); err != nil {
			return Reverted{}, err
		}
	}
	parent, err := c.resolve(onto)
	if err != nil {
		return Reverted{}, err
	}
	return c.objects.revert(before, undo, parent, n)
}

// revert is a merge in which the commit is what both sides come from: one goes on from there, the other goes back; to its first parent, where
// back is zero.
func (o *objects) revert(back, commit, onto plumbing.Hash, n Notice) (Reverted, error) {
	undone, err := o.commit(commit)
	if err != nil {
		return Reverted{}, err
	}
	if back.IsZero() {
		if len(undone.parents) == 0 || o.shallow[commit] {
			return Reverted{}, &Error{What: fmt.Sprintf("revert %s: it is the first commit", undone.Short()), Hint: "there is nothing before it to go back to"}
		}
		back = undone.parents[0]
	}
	before, err := o.commit(back)
	if err != nil {
		return Reverted{}, err
	}
	parent, err := o.commit(onto)
	if err != nil {
		return Reverted{}, err
	}
	m := &merger{overlay: newOverlay(o)}
	root, err := m.trees(undone.tree, parent.tree, before.tree)
	if err != nil {
		return Reverted{}, fmt.Errorf("revert %s: %w", undone.Short(), err)
	}
	result := Reverted{Conflicts: m.conflicts, Undone: undone.Commit, Before: before.Commit, Nothing: len(m.conflicts) == 0 && root == parent.tree}
	if len(m.conflicts) > 0 || result.Nothing {
		return result, nil
	}
	if n.Message == "" {
		n.Message = revertMessage(undone.Commit)
	}
	result.Proposal, err = m.propose(parent, root, n)
	return result, err
}

// revertMessage is what git writes.
func revertMessage(undone Commit) string {
	text := fmt.Sprintf("Revert %q\n\nThis reverts commit %s", undone.Subject, undone.Hash)
	if len(undone.Parents) > 1 {
		text += ", reversing\nchanges made to " + undone.Parents[0]
	}
	return text + ".\n"
}
