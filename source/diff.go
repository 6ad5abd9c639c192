package source

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// Diff returns the paths of the files that differ between two snapshots, sorted: in content, in mode, or there on one side
// only. It reads only directories whose hashes differ. Both must be file systems of this package.
func Diff(a, b fs.FS) ([]string, error) {
	from, okFrom := a.(*tree)
	to, okTo := b.(*tree)
	if !okFrom || !okTo {
		return nil, errors.New("compare snapshots: not the file system of a commit")
	}
	d := &difference{from: from.objects, to: to.objects}
	if err := d.entry(".", &from.root, &to.root); err != nil {
		return nil, err
	}
	slices.Sort(d.paths)
	return d.paths, nil
}

type difference struct {
	from, to shelf
	paths    []string
}

// entry compares what stands at one path; nil means nothing.
func (d *difference) entry(at string, from, to *entry) error {
	if from != nil && to != nil && from.hash == to.hash && from.mode == to.mode {
		return nil
	}
	if isFile(from) || isFile(to) {
		d.paths = append(d.paths, at)
	}
	before, err := list(d.from, at, from)
	if err != nil {
		return err
	}
	after, err := list(d.to, at, to)
	if err != nil {
		return err
	}
	return d.lists(at, before, after)
}

// lists walks two sorted lists side by side.
func (d *difference) lists(at string, before, after []entry) error {
	for len(before) > 0 || len(after) > 0 {
		var from, to *entry
		if len(after) == 0 || len(before) > 0 && before[0].name <= after[0].name {
			from = &before[0]
		}
		if len(before) == 0 || len(after) > 0 && after[0].name <= before[0].name {
			to = &after[0]
		}
		name := ""
		if from != nil {
			name, before = from.name, before[1:]
		}
		if to != nil {
			name, after = to.name, after[1:]
		}
		if err := d.entry(path.Join(at, name), from, to); err != nil {
			return err
		}
	}
	return nil
}

func isFile(e *entry) bool { return e != nil && !e.mode.IsDir() }

func list(o shelf, at string, e *entry) ([]entry, error) {
	if e == nil || !e.mode.IsDir() {
		return nil, nil
	}
	entries, err := o.tree(e.hash)
	if err != nil {
		return nil, fmt.Errorf("compare %s: %w", at, err)
	}
	return entries, nil
}
