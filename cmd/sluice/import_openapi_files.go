package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/sluice-gitops/sluice/openapi"
)

// layerFiles are the files of one layer that an import makes. Other files of the layer are left alone.
type layerFiles struct {
	root string // of the config repo
	dir  string // of the layer, below it
}

// read returns the files that an import made, by name; none when the layer is not there.
func (l layerFiles) read() (map[string][]byte, error) {
	entries, err := os.ReadDir(filepath.Join(l.root, l.dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		if !openapi.Made(entry.Name()) {
			continue
		}
		if files[entry.Name()], err = os.ReadFile(filepath.Join(l.root, l.dir, entry.Name())); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// named gives files the names that people know them by.
func (l layerFiles) named(files map[string][]byte) map[string][]byte {
	out := make(map[string][]byte, len(files))
	for name, data := range files {
		out[filepath.ToSlash(filepath.Join(l.dir, name))] = data
	}
	return out
}

// write replaces the files of the layer by others. What somebody changed by hand is replaced by force only.
func (l layerFiles) write(before, after map[string][]byte, force bool) error {
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if !force && !openapi.Untouched(before[name]) {
			return fmt.Errorf("%s was changed by hand, or not written by an import; nothing was written\n"+
				"\thint: move what is your own into a later layer, or into x-sluice-… of the document, and say --force", filepath.Join(l.dir, name))
		}
	}
	if err := os.MkdirAll(filepath.Join(l.root, l.dir), 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if err := replaceFile(filepath.Join(l.root, l.dir, name), after[name]); err != nil {
			return fmt.Errorf("write layer: %w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if after[name] != nil {
			continue
		}
		if err := os.Remove(filepath.Join(l.root, l.dir, name)); err != nil {
			return fmt.Errorf("write layer: %w", err)
		}
	}
	return nil
}

// replaceFile writes a file whole or not at all.
func replaceFile(name string, data []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(name), ".import-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(data)
	if err = errors.Join(err, temporary.Chmod(0o644), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}
