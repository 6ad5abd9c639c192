package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
)

// stateFile is the file that keeps the store. One goroutine writes it, soon after a change; changes that come together are
// written together.
type stateFile struct {
	path  string
	dirty chan struct{}
}

// saved is the file's content.
type saved struct {
	Revision int64         `json:"revision"`
	Objects  []savedObject `json:"objects"`
}

type savedObject struct {
	Kind     gateway.Kind   `json:"kind"`
	ID       string         `json:"id"`
	Created  int64          `json:"created"`
	Modified int64          `json:"modified"`
	Value    map[string]any `json:"value"`
}

// saveEvery bounds how often the file is written.
const saveEvery = 100 * time.Millisecond

func (f *stateFile) touch() {
	select {
	case f.dirty <- struct{}{}:
	default:
	}
}

func (g *Gateway) openState() error {
	if err := g.loadState(); err != nil {
		return fmt.Errorf("read state %s: %w", g.cfg.StateFile, err)
	}
	g.state = &stateFile{path: g.cfg.StateFile, dirty: make(chan struct{}, 1)}
	g.running.Go(g.keepState)
	return nil
}

func (g *Gateway) loadState() error {
	text, err := os.ReadFile(g.cfg.StateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var state saved
	if err := json.Unmarshal(text, &state); err != nil {
		return err
	}
	return g.restore(state)
}

// restore takes over a saved state, by id, as the workers of a restarted gateway load it.
func (g *Gateway) restore(state saved) error {
	g.store.mu.Lock()
	defer g.store.mu.Unlock()
	g.store.revision = state.Revision
	for _, item := range state.Objects {
		if !item.Kind.Valid() || item.Value == nil {
			return fmt.Errorf("object %s/%s is none that a gateway can hold", item.Kind, item.ID)
		}
		o := g.restored(gateway.Key{Kind: item.Kind, ID: item.ID}, item.Value)
		o.created, o.modified = item.Created, item.Modified
		g.store.place(nil, o)
		g.store.changed(event{o.key, o})
	}
	return nil
}

// keepState writes the file after changes until the gateway stops. A failure is logged and tried again at the next change.
func (g *Gateway) keepState() {
	for {
		select {
		case <-g.stop:
			return
		case <-g.state.dirty:
		}
		if err := g.saveState(); err != nil {
			g.cfg.Log.Error("state not saved", zap.Error(err))
		}
		timer := time.NewTimer(saveEvery)
		select {
		case <-g.stop:
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (g *Gateway) saveState() error {
	text, err := json.Marshal(g.snapshot())
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	if err := replaceFile(g.state.path, text); err != nil {
		return fmt.Errorf("write state %s: %w", g.state.path, err)
	}
	return nil
}

func (g *Gateway) snapshot() saved {
	state := saved{}
	g.store.mu.RLock()
	state.Revision = g.store.revision
	g.store.mu.RUnlock()
	for _, kind := range gateway.Kinds() {
		for _, o := range g.store.list(kind) {
			state.Revision = max(state.Revision, o.modified)
			state.Objects = append(state.Objects, savedObject{kind, o.key.ID, o.created, o.modified, o.value})
		}
	}
	return state
}

// replaceFile writes beside the file and renames, so that the file is always whole. It holds keys and passwords in clear,
// so only its owner may read it.
func replaceFile(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
