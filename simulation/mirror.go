package simulation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/source"
)

// mirror is the repository as one daemon sees it: the remote through the seam, the past at hand.
type mirror struct {
	of *incarnation

	mu   sync.Mutex
	past map[string]*revision // what was fetched, as of the last fetch
}

var (
	_ reconciler.Source  = (*mirror)(nil)
	_ reconciler.History = (*mirror)(nil)
)

func newMirror(of *incarnation) *mirror {
	m := &mirror{of: of}
	m.refresh()
	return m
}

// refresh copies what the mirror on disk holds. The conductor calls it.
func (m *mirror) refresh() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.past = map[string]*revision{}
	for hash := range m.of.world.remote.known {
		m.past[hash] = m.of.world.remote.all[hash]
	}
}

// latest is the name of the operation that every pass begins with.
const latest = "git latest"

// Latest asks the remote and fetches.
func (m *mirror) Latest(ctx context.Context) (source.Snapshot, error) {
	r := m.of.world.stage.wait(ctx, &operation{name: latest, of: m.of})
	if r.err != nil {
		return source.Snapshot{}, r.err
	}
	return r.value.(source.Snapshot), nil
}

// Head asks the remote.
func (m *mirror) Head(ctx context.Context) (string, error) {
	r := m.of.world.stage.wait(ctx, &operation{name: "git head", of: m.of})
	if r.err != nil {
		return "", r.err
	}
	return r.value.(string), nil
}

// At opens a commit of the mirror.
func (m *mirror) At(hash string) (source.Snapshot, error) {
	c, err := m.find(hash)
	if err != nil {
		return source.Snapshot{}, err
	}
	return c.Snapshot, nil
}

func (m *mirror) find(hash string) (*revision, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, ok := m.past[hash]; ok {
		return c, nil
	}
	return nil, fmt.Errorf("commit %s: %w", hash, source.ErrUnknownCommit)
}

// Log lists the commits on the way from one to another, newest first.
func (m *mirror) Log(from, to string, max int) ([]source.Commit, error) {
	end, err := m.find(to)
	if err != nil {
		return nil, err
	}
	var start *revision
	if from != "" {
		if start, err = m.find(from); err != nil {
			return nil, err
		}
	}
	excluded := map[*revision]bool{}
	for c := start; c != nil; c = c.parent {
		excluded[c] = true
	}
	var list []source.Commit
	for c := end; c != nil && !excluded[c] && (max <= 0 || len(list) < max); c = c.parent {
		list = append(list, c.Commit)
	}
	return list, nil
}

// Ancestor opens the one commit on the way to head whose hash begins with text.
func (m *mirror) Ancestor(text, head string) (source.Snapshot, error) {
	end, err := m.find(head)
	if err != nil {
		return source.Snapshot{}, err
	}
	for c := end; c != nil; c = c.parent {
		if strings.HasPrefix(c.Commit.Hash, text) {
			return c.Snapshot, nil
		}
	}
	return source.Snapshot{}, fmt.Errorf("commit %s: %w", text, source.ErrNotAncestor)
}

// answerGit answers an operation at the seam of the remote.
func (w *world) answerGit(o *operation) {
	if w.remote.down && !w.calm {
		w.trace.note("%s: unreachable", o.name)
		if o.name == latest {
			w.passes(w.remote.all[w.remote.last])
		}
		w.stage.hand(o, reply{err: errors.New("dial: no route to host")})
		return
	}
	seen := w.remote.seen()
	w.trace.note("%s: %s", o.name, seen.Commit.Short())
	if o.name == "git head" {
		w.stage.hand(o, reply{value: seen.Commit.Hash})
		return
	}
	snapshot := seen.Snapshot
	snapshot.Previous = w.remote.last
	snapshot.Rewritten = w.remote.last != "" && !isAncestor(w.remote.last, seen)
	w.remote.fetched(seen)
	o.of.mirror.refresh()
	w.passes(seen)
	w.stage.hand(o, reply{value: snapshot})
}
