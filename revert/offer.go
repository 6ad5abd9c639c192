package revert

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/source"
)

// Pusher pushes branches; source.Repository is one.
type Pusher interface {
	Push(ctx context.Context, branch string, p source.Proposal) error
}

// Opener opens pull requests; forge.Forge is one.
type Opener interface {
	Open(ctx context.Context, p forge.NewPull) (forge.Pull, error)
}

// ErrChangedSince says that a commit can't be taken back by a machine: the same lines have changed since. No later try will do it.
var ErrChangedSince = errors.New("what it brought has changed since")

// Branch is the branch from which a commit, given by its whole hash, is taken back. It is Sluice's own.
func Branch(commit string) string { return prefix + commit[:min(7, len(commit))] }

const prefix = "sluice/revert-"

// Undone returns the beginning of the hash of the commit that is taken back from a branch; empty: it is no branch for that.
func Undone(branch string) string {
	short, ours := strings.CutPrefix(branch, prefix)
	if !ours {
		return ""
	}
	return short
}

// Conflicts returns an ErrChangedSince that names the files which stand against a revert, or nil.
func Conflicts(reverted source.Reverted) error {
	if len(reverted.Conflicts) == 0 {
		return nil
	}
	var files []string
	for _, conflict := range reverted.Conflicts {
		files = append(files, fmt.Sprintf("%s: %s", conflict.Path, conflict.What))
	}
	return fmt.Errorf("revert %s: %w:\n\t%s\n\thint: revert the newer commits first, or mend these files by hand: git revert %s",
		reverted.Undone.Short(), ErrChangedSince, strings.Join(files, "\n\t"), reverted.Undone.Short())
}

// Offer pushes a revert to a branch, and opens a pull request from there into base, which says also what note says. Where there is no
// forge, at is nil, and the zero Pull comes back.
func Offer(ctx context.Context, to Pusher, at Opener, reverted source.Reverted, branch, base, note string) (forge.Pull, error) {
	if err := to.Push(ctx, branch, reverted.Proposal); err != nil {
		return forge.Pull{}, err
	}
	if at == nil {
		return forge.Pull{}, nil
	}
	title, body, _ := strings.Cut(reverted.Proposal.Commit.Message, "\n")
	pull, err := at.Open(ctx, forge.NewPull{Title: title, Body: strings.TrimSpace(body) + "\n\n" + note, Head: branch, Base: base})
	if err != nil {
		return forge.Pull{}, fmt.Errorf("open a pull request from %s: %w", branch, err)
	}
	return pull, nil
}
