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

// hoarder keeps what was once in the outbox, and posts it again when something newer was posted.
type hoarder struct {
	box
	mu   sync.Mutex
	kept map[string]record.Entry
}

// Outbox shows what waits, and an older one of each.
func (h *hoarder) Outbox() []record.Entry {
	waiting := h.box.Outbox()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.kept == nil {
		h.kept = map[string]record.Entry{}
	}
	var all []record.Entry
	for _, e := range waiting {
		at := e.Commit + e.Status.Context
		all = append(all, e)
		if older, ok := h.kept[at]; ok && older.Status != e.Status {
			all = append(all, older)
		}
		h.kept[at] = e
	}
	return all
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
