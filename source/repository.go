package source

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/go-git/go-git/v5/plumbing"
	"go.uber.org/zap"
)

// Repository follows one branch of one remote. Open makes one; its zero value is not usable. It is safe for concurrent use:
// calls that change the mirror take turns, reads of snapshots go on meanwhile.
type Repository struct {
	dir     string
	branch  string
	remote  *remote
	log     *zap.Logger
	lock    *lock
	objects *objects
	// turn holds one token. Who has it owns the fields below and the mirror on disk.
	turn     chan struct{}
	mirror   *mirror
	head     plumbing.Hash          // of the mirror; its commit was verified
	packs    packFiles              // of the mirror, when it was last trusted
	known    map[plumbing.Hash]bool // trees that were verified
	told     bool                   // the log says that the mirror is broken, and no other could be made
	maxPacks int
	closed   bool

	notes notes
}

// maxPacks is where the mirror is made anew: go-git has no gc, and each fetch adds a pack.
const maxPacks = 200

// Open opens the mirror in cfg.Dir, or makes it. It uses the network only when there is no good mirror of this URL and branch.
// The mirror is verified: a broken one is made anew. ErrLocked says that another process has the directory.
func Open(ctx context.Context, cfg Config) (*Repository, error) {
	cfg, at, err := cfg.ready()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open mirror: %w", err)
	}
	held, err := takeLock(cfg.Dir)
	if err != nil {
		return nil, err
	}
	r := &Repository{
		dir: cfg.Dir, branch: cfg.Branch, remote: newRemote(at, cfg), log: cfg.Log.Named("source"), lock: held,
		objects: &objects{}, turn: make(chan struct{}, 1), known: map[plumbing.Hash]bool{}, maxPacks: maxPacks,
	}
	if err := r.start(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// start uses the mirror that is there, when it is good, and makes one otherwise.
func (r *Repository) start(ctx context.Context) error {
	r.warnPlain()
	m, head, err := currentMirror(r.dir, r.remote.at, r.branch)
	if err == nil {
		removeOthers(r.dir, m)
		m.sweep()
		err = r.use(m, head)
	}
	if err == nil {
		return nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		r.log.Warn("mirror can't be used, making it anew", zap.String("dir", r.dir), zap.Error(err))
	}
	s, err := r.remote.dial(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	return r.clone(s)
}

func (r *Repository) warnPlain() {
	if r.remote.at.scheme == "http" && (r.remote.auth.TokenFile != "" || r.remote.auth.PasswordFile != "" || r.remote.at.password != "") {
		r.log.Warn("the login travels unencrypted over http", zap.Stringer("url", r.remote.at))
	}
}

// use makes a mirror the one that is read, and proves it: its head is whole, and so is the line of commits that leads there.
func (r *Repository) use(m *mirror, head plumbing.Hash) error {
	packs, err := m.packs()
	if err != nil {
		return err
	}
	if err := r.objects.reset(m.dir, true); err != nil {
		return err
	}
	known := map[plumbing.Hash]bool{}
	if err := verify(r.objects, head, known); err != nil {
		return err
	}
	if _, err := r.objects.ancestors(head); err != nil {
		return err
	}
	r.mirror, r.head, r.packs, r.known = m, head, packs, known
	return nil
}

// clone makes a mirror beside the one in use and swaps. Until the swap nothing that is read changes.
func (r *Repository) clone(s *session) error {
	head, err := s.head(r.branch)
	if err != nil {
		return err
	}
	if err := r.keepLock(); err != nil {
		return fmt.Errorf("make mirror: %w", err)
	}
	removeOthers(r.dir, r.mirror)
	m, err := newMirror(r.dir, r.remote.at, r.branch)
	if err != nil {
		return fmt.Errorf("make mirror: %w", err)
	}
	if err := s.pack(head, nil, m.store); err != nil {
		return err
	}
	if err := proven(m, head); err != nil {
		return fmt.Errorf("make mirror of %s: what the server sent is not whole: %w", r.remote.at, err)
	}
	if err := errors.Join(m.setHead(head), m.choose()); err != nil {
		return fmt.Errorf("make mirror: %w", err)
	}
	if err := r.use(m, head); err != nil {
		return fmt.Errorf("open mirror: %w", err)
	}
	removeOthers(r.dir, m)
	return nil
}

// proven verifies a mirror that is not in use yet.
func proven(m *mirror, head plumbing.Hash) error {
	o := &objects{}
	return errors.Join(o.reset(m.dir, true), verify(o, head, map[plumbing.Hash]bool{}), o.close())
}

// Close ends the use of the mirror and frees the directory, after a Latest that is under way. Snapshots can't be read after
// it, and Latest is an error. A second Close does nothing.
func (r *Repository) Close() error {
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	if r.closed {
		return nil
	}
	r.closed = true
	r.remote.close()
	return errors.Join(r.objects.close(), r.notes.end(), r.lock.release())
}
