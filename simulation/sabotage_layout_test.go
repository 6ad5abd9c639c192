package simulation

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// layout lets the daemon read every environment.yaml as another one.
func layout(change func(file map[string]any)) func(*reconciler.Config) {
	return func(c *reconciler.Config) {
		misread := misreader{c.Source, c.History, change}
		c.Source, c.History = misread, misread
	}
}

// without takes a key away, wherever it stands.
func without(path ...string) func(map[string]any) {
	return func(file map[string]any) {
		for _, key := range path[:len(path)-1] {
			file, _ = file[key].(map[string]any)
		}
		delete(file, path[len(path)-1])
	}
}

// misreader shows the files of the config repo as others than they are.
type misreader struct {
	reconciler.Source
	reconciler.History
	change func(file map[string]any)
}

func (m misreader) misread(snapshot source.Snapshot, err error) (source.Snapshot, error) {
	if err != nil {
		return snapshot, err
	}
	files := map[string]string{}
	for path, file := range snapshot.FS.(tree).MapFS {
		files[path] = string(file.Data)
		var read map[string]any
		if strings.HasSuffix(path, "/environment.yaml") && json.Unmarshal(file.Data, &read) == nil {
			m.change(read)
			files[path] = text(read)
		}
	}
	misread := newTree(files)
	misread.hashes["."] = snapshot.FS.(tree).hashes["."] // the verifier knows the commit by it
	snapshot.FS = misread
	return snapshot, nil
}

// Latest misreads the newest commit.
func (m misreader) Latest(ctx context.Context) (source.Snapshot, error) {
	return m.misread(m.Source.Latest(ctx))
}

// At misreads an earlier one.
func (m misreader) At(hash string) (source.Snapshot, error) { return m.misread(m.History.At(hash)) }

// box is an outbox.
type box = forge.Outbox

// regretful posts the status before once more when it has posted another one.
type regretful struct {
	forge.Statuses
	mu     sync.Mutex
	before map[string]forge.Status
}

// SetStatus posts a status, and an older one.
func (r *regretful) SetStatus(ctx context.Context, commit string, s forge.Status) error {
	if err := r.Statuses.SetStatus(ctx, commit, s); err != nil {
		return err
	}
	r.mu.Lock()
	at := commit + s.Context
	before, had := r.before[at]
	r.before[at] = s
	r.mu.Unlock()
	if had && before != s {
		return r.Statuses.SetStatus(ctx, commit, before)
	}
	return nil
}

// newborn knows nothing of what was in the outbox when it was made.
type newborn struct {
	box
	once sync.Once
	old  map[int64]bool
}

// Outbox shows what has come since.
func (n *newborn) Outbox() []record.Entry {
	waiting := n.box.Outbox()
	n.once.Do(func() {
		n.old = map[int64]bool{}
		for _, e := range waiting {
			n.old[e.ID] = true
		}
	})
	var since []record.Entry
	for _, e := range waiting {
		if !n.old[e.ID] {
			since = append(since, e)
		}
	}
	return since
}

// deafTo hears no error of the forge.
type deafTo struct{ forge.Statuses }

// SetStatus posts once, whatever comes of it.
func (d deafTo) SetStatus(ctx context.Context, commit string, s forge.Status) error {
	_ = d.Statuses.SetStatus(ctx, commit, s)
	return nil
}

// hopeful posts success for whatever is on its way.
type hopeful struct{ forge.Statuses }

// SetStatus says that all is well.
func (h hopeful) SetStatus(ctx context.Context, commit string, s forge.Status) error {
	if s.State == record.StatusPending {
		s.State = record.StatusSuccess
	}
	return h.Statuses.SetStatus(ctx, commit, s)
}
