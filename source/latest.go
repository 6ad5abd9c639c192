package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/go-git/go-git/v5/plumbing"
	"go.uber.org/zap"
)

// Snapshot is one commit and its files. It never changes, and may be read by several goroutines at once until the Repository
// is closed.
type Snapshot struct {
	Commit Commit
	// FS is the tree of the commit. It has fs.ReadDirFS, fs.ReadFileFS, fs.StatFS, fs.SubFS and Hash(path) (string, bool).
	FS fs.FS
	// Rewritten says that the branch was force-pushed: Previous is not an ancestor of Commit.
	Rewritten bool
	// Previous is the head before this call: the same hash when the branch did not move, empty when there was none. Only
	// Latest sets it.
	Previous string
}

// Latest asks the remote for the head of the branch, fetches when it moved, and returns the snapshot of it. A mirror that was
// found broken is made anew first. Errors: ErrNoBranch, ErrEmpty and ErrDenied wrapped in an Error; whatever the error, older
// snapshots stay readable.
func (r *Repository) Latest(ctx context.Context) (Snapshot, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return Snapshot{}, ctx.Err()
	}
	if r.closed {
		return Snapshot{}, errClosed
	}
	s, err := r.remote.dial(ctx)
	if err != nil {
		return Snapshot{}, r.gone(err)
	}
	defer s.close()
	previous := r.head
	if err := r.follow(ctx, s); err != nil {
		return Snapshot{}, err
	}
	return r.arrive(previous)
}

// gone tells a repository whose last branch was deleted from one that never had any: the mirror knows what was there.
func (r *Repository) gone(err error) error {
	if r.head.IsZero() || !errors.Is(err, ErrEmpty) {
		return err
	}
	return &Error{
		What: fmt.Sprintf("branch %q of %s", r.branch, r.remote.at),
		Hint: "push the branch again; until then what was read last stays as it is",
		Err:  fmt.Errorf("%w any more: it is gone, and was at %s", ErrNoBranch, short(r.head.String())),
	}
}

// Head returns the hash of the remote head. It asks the remote and touches nothing.
func (r *Repository) Head(ctx context.Context) (string, error) {
	s, err := r.remote.dial(ctx)
	if err != nil {
		return "", err
	}
	defer s.close()
	head, err := s.head(r.branch)
	if err != nil {
		return "", err
	}
	return head.String(), nil
}

// follow brings the mirror to the remote's head.
func (r *Repository) follow(ctx context.Context, s *session) error {
	head, err := s.head(r.branch)
	if err != nil {
		return err
	}
	if err := r.trusted(); err != nil {
		return r.makeAnew(s, err)
	}
	if head == r.head {
		r.maintain(s)
		return nil
	}
	err = r.fetch(s, head)
	if err == nil || s.ctx.Err() != nil || !errors.Is(err, errNotWhole) {
		return err
	}
	r.log.Warn("mirror is broken after a fetch, making it anew", zap.String("dir", r.dir), zap.Error(err))
	return r.cloneAgain(ctx)
}

// makeAnew says once what is wrong with the mirror, however often a new one can't be made.
func (r *Repository) makeAnew(s *session, fault error) error {
	if !r.told {
		r.log.Warn("mirror is broken, making it anew", zap.String("dir", r.dir), zap.Error(fault))
	}
	err := r.clone(s)
	r.told = err != nil
	return err
}

// cloneAgain clones over a session of its own, because a session gives one pack.
func (r *Repository) cloneAgain(ctx context.Context) error {
	s, err := r.remote.dial(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	return r.clone(s)
}

// trusted notices a fault that a reader met, and a mirror that someone else changed. With nothing wrong it costs one directory
// listing. An object that is missing may be one that the mirror need not have: that is for the proof to say.
func (r *Repository) trusted() error {
	packs, err := r.mirror.packs()
	if err != nil {
		return err
	}
	if !packs.include(r.packs) {
		return errors.New("files of the object store are gone or have changed")
	}
	fault := r.objects.broken()
	if fault != nil && !errors.Is(fault, plumbing.ErrObjectNotFound) {
		return fault
	}
	if fault != nil || len(packs) != len(r.packs) {
		return r.use(r.mirror, r.head)
	}
	return nil
}

var errNotWhole = errors.New("the commit is not whole in the mirror")

// fetch brings one new head. The ref moves last, when all that the head needs was proven to be there.
func (r *Repository) fetch(s *session, head plumbing.Hash) error {
	// A branch that was pushed back to an older commit brings nothing new.
	if !r.objects.holds(head) {
		if err := s.pack(head, r.haves(), r.mirror.store); err != nil {
			return err
		}
	}
	packs, err := r.mirror.packs()
	if err != nil {
		return err
	}
	if err := errors.Join(r.objects.reset(r.mirror.dir, false), verify(r.objects, head, r.known)); err != nil {
		return fmt.Errorf("%w: %w", errNotWhole, err)
	}
	if err := r.mirror.setHead(head); err != nil {
		return fmt.Errorf("move the mirror's head: %w", err)
	}
	r.head, r.packs = head, packs
	return nil
}

// haves are the commits that the server need not send: the head and some before it, so that a force-push over a server that
// has forgotten the head still finds common ground.
func (r *Repository) haves() []plumbing.Hash {
	const enough = 32
	haves := []plumbing.Hash{r.head}
	for i := 0; i < len(haves) && len(haves) < enough; i++ {
		c, err := r.objects.commit(haves[i])
		if err != nil {
			break
		}
		haves = append(haves, c.parents...)
	}
	return haves
}

// maintain makes the mirror anew when it has too many packs. It fails softly: the mirror in use is good.
func (r *Repository) maintain(s *session) {
	old, count := r.mirror, r.packs.count()
	if count < r.maxPacks {
		return
	}
	if err := r.clone(s); err != nil {
		r.log.Warn("mirror not renewed", zap.String("dir", r.dir), zap.Int("packs", count), zap.Error(err))
		return
	}
	r.log.Info("mirror renewed", zap.String("from", old.dir), zap.String("to", r.mirror.dir), zap.Int("packs", count))
}

// arrive builds the snapshot of the mirror's head.
func (r *Repository) arrive(previous plumbing.Hash) (Snapshot, error) {
	snapshot, err := r.snapshot(r.head)
	if err != nil || previous.IsZero() {
		return snapshot, err
	}
	snapshot.Previous = previous.String()
	if previous == r.head {
		return snapshot, nil
	}
	ancestor, err := r.objects.isAncestor(previous, r.head)
	if err != nil {
		return Snapshot{}, err
	}
	if snapshot.Rewritten = !ancestor; !ancestor {
		r.log.Warn("the branch was force-pushed", zap.String("commit", snapshot.Commit.Hash), zap.String("previous", snapshot.Previous))
	}
	return snapshot, nil
}

func (r *Repository) snapshot(hash plumbing.Hash) (Snapshot, error) {
	c, err := r.objects.commit(hash)
	if err != nil {
		return Snapshot{}, err
	}
	return Snapshot{Commit: c.Commit, FS: newTree(r.objects, c.tree, c.When)}, nil
}
