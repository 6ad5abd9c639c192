package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Heads of pull requests stand in the mirror below pullRefs, by their numbers. They keep nothing alive, as the mirror has no gc: they show
// people what is there.
const pullRefs = "refs/sluice/pull/"

// mostPullBytes bounds what is fetched for one pull request: anybody may open one.
const mostPullBytes = 64 << 20

// ErrMoved: the ref of a pull request no longer stands where it was said to stand.
var ErrMoved = errors.New("it stands elsewhere by now")

// FetchPull brings the head of a pull request into the mirror: the commit with this whole hash, at which ref of the remote stands. The
// followed branch does not move. What the mirror has already is not asked for. It must be called again after the mirror was made
// anew. Errors: ErrMoved, and those of Latest.
func (r *Repository) FetchPull(ctx context.Context, number int, ref, head string) error {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if r.closed {
		return errClosed
	}
	hash := plumbing.NewHash(head)
	if !r.objects.holds(hash) {
		if err := r.fetchPull(ctx, ref, hash); err != nil {
			return err
		}
	}
	if err := verify(r.objects, hash, r.known); err != nil {
		return fmt.Errorf("pull request %d at %s: %w", number, short(head), err)
	}
	return r.mirror.setRef(pullRef(number), hash)
}

func pullRef(number int) plumbing.ReferenceName {
	return plumbing.ReferenceName(fmt.Sprintf("%s%d", pullRefs, number))
}

func (r *Repository) fetchPull(ctx context.Context, ref string, hash plumbing.Hash) error {
	s, err := r.remote.dial(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if at := s.refs.References[ref]; at != hash {
		return &Error{What: fmt.Sprintf("fetch %s of %s at %s", ref, r.remote.at, short(hash.String())), Err: ErrMoved}
	}
	store := func(pack io.Reader) error { return r.mirror.store(&bounded{pack, mostPullBytes}) }
	if err := s.pack(hash, r.haves(), store); err != nil {
		return err
	}
	packs, err := r.mirror.packs()
	if err != nil {
		return err
	}
	r.packs = packs
	return r.objects.reset(r.mirror.dir, false)
}

// bounded refuses to give more than left bytes: an end would pass for a pack that was cut off.
type bounded struct {
	from io.Reader
	left int
}

func (b *bounded) Read(into []byte) (int, error) {
	n, err := b.from.Read(into)
	if b.left -= n; b.left < 0 {
		return n, fmt.Errorf("it brings more than %d MiB, which is not fetched", mostPullBytes>>20)
	}
	return n, err
}

// Mirrored returns the whole hash of the branch as it was fetched last, without asking the remote.
func (r *Repository) Mirrored() string {
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	return r.head.String()
}

// KeepPulls forgets the heads of all pull requests but these.
func (r *Repository) KeepPulls(numbers []int) error {
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	if r.closed {
		return errClosed
	}
	keep := map[plumbing.ReferenceName]bool{}
	for _, number := range numbers {
		keep[pullRef(number)] = true
	}
	return r.mirror.dropRefs(func(name plumbing.ReferenceName) bool {
		return strings.HasPrefix(string(name), pullRefs) && !keep[name]
	})
}

func (m *mirror) setRef(name plumbing.ReferenceName, hash plumbing.Hash) error {
	handle := openHandle(m.dir)
	err := handle.SetReference(plumbing.NewHashReference(name, hash))
	return errors.Join(err, handle.Close())
}

func (m *mirror) dropRefs(gone func(plumbing.ReferenceName) bool) error {
	handle := openHandle(m.dir)
	refs, err := handle.IterReferences()
	if err != nil {
		return errors.Join(err, handle.Close())
	}
	var names []plumbing.ReferenceName
	err = refs.ForEach(func(ref *plumbing.Reference) error {
		if gone(ref.Name()) {
			names = append(names, ref.Name())
		}
		return nil
	})
	for name := range slices.Values(names) {
		err = errors.Join(err, handle.RemoveReference(name))
	}
	return errors.Join(err, handle.Close())
}
