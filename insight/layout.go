package insight

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/source"
)

// layout is the config repo at a commit.
type layout struct {
	snapshot source.Snapshot
	root     fs.FS // where sluice.yaml stands
	tree     environments.Tree
}

// rendering is the renderer and the keys that it was made for.
type rendering struct {
	keys environments.Decrypter
	*render.Renderer
}

// layout reads the layout of a commit, once.
func (m *Model) layout(ctx context.Context, hash string) (layout, error) {
	keys, generation := m.keys(), 0
	if keys != nil {
		generation = keys.Generation()
	}
	found, _, err := m.layouts.get(ctx, fmt.Sprint(hash, " ", generation), false, func(context.Context) (layout, error) {
		snapshot, err := m.config.Mirror.At(hash)
		if err != nil {
			return layout{}, err
		}
		root, err := m.root(snapshot.FS)
		if err != nil {
			return layout{}, err
		}
		return layout{snapshot, root, environments.LoadPinned(root, keys, m.pastOf(snapshot))}, nil
	})
	return found, err
}

func (m *Model) root(fsys fs.FS) (fs.FS, error) {
	if m.config.Root == "" || m.config.Root == "." {
		return fsys, nil
	}
	return fs.Sub(fsys, m.config.Root)
}

// pastOf opens the commits that layers are pinned to.
func (m *Model) pastOf(snapshot source.Snapshot) environments.Past {
	return func(text string) (source.Snapshot, error) {
		pinned, err := m.config.Mirror.Ancestor(text, snapshot.Commit.Hash)
		if err != nil {
			return source.Snapshot{}, err
		}
		pinned.FS, err = m.root(pinned.FS)
		return pinned, err
	}
}

func (m *Model) keys() environments.Decrypter {
	if m.config.Keys == nil {
		return nil
	}
	return m.config.Keys()
}

// renderWith returns the renderer of the keys that are in force.
func (m *Model) renderWith() *render.Renderer {
	keys := m.keys()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.renderer.Renderer == nil || m.renderer.keys != keys {
		m.renderer = rendering{keys, render.New()}
		m.renderer.Keys = keys
	}
	return m.renderer.Renderer
}
