package source

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Branch is a branch of the remote.
type Branch struct {
	Name string
	Head string // the whole hash of its newest commit
}

// Branches lists the branches of the remote whose names begin so, in the order of their names. Errors: those of Latest.
func (r *Repository) Branches(ctx context.Context, prefix string) ([]Branch, error) {
	s, err := r.remote.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var found []Branch
	for ref, hash := range s.refs.References {
		if name, ok := strings.CutPrefix(ref, branches); ok && strings.HasPrefix(name, prefix) {
			found = append(found, Branch{name, hash.String()})
		}
	}
	slices.SortFunc(found, func(a, b Branch) int { return strings.Compare(a.Name, b.Name) })
	return found, nil
}

// Tip is the newest commit of a branch.
type Tip struct {
	Commit
	Committer string // "Name <address>"; somebody else than the author where the commit was amended or rebased
}

// Tip reads the newest commit of a branch, and fetches it where the mirror has not got it. The followed branch does not move. Errors: ErrMoved,
// and those of Latest.
func (r *Repository) Tip(ctx context.Context, b Branch) (Tip, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return Tip{}, ctx.Err()
	}
	if r.closed {
		return Tip{}, errClosed
	}
	hash := plumbing.NewHash(b.Head)
	if !r.objects.holds(hash) {
		if err := r.fetchPull(ctx, branches+b.Name, hash); err != nil {
			return Tip{}, err
		}
	}
	data, err := r.objects.read(plumbing.CommitObject, hash)
	if err != nil {
		return Tip{}, fmt.Errorf("read branch %q: %w", b.Name, err)
	}
	made, err := revisionOf(hash, data)
	if err != nil {
		return Tip{}, err
	}
	raw, err := decodeCommit(data)
	if err != nil {
		return Tip{}, err
	}
	return Tip{made.Commit, line(fmt.Sprintf("%s <%s>", raw.Committer.Name, raw.Committer.Email))}, nil
}
