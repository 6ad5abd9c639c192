package source

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// directoryMode is how package source shows directories.
const directoryMode = fs.ModeDir | 0o755

// merger merges trees.
type merger struct {
	*overlay
	conflicts []Conflict
}

// trees returns the tree of the merge. With conflicts it is not to be used.
func (m *merger) trees(base, ours, theirs plumbing.Hash) (plumbing.Hash, error) {
	root := func(hash plumbing.Hash) *entry { return &entry{name: ".", mode: directoryMode, hash: hash} }
	merged, err := m.entry(".", root(base), root(ours), root(theirs))
	slices.SortFunc(m.conflicts, func(a, b Conflict) int { return strings.Compare(a.Path, b.Path) })
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if merged == nil { // nothing is left: that is a tree as well
		return m.putTree(nil), nil
	}
	return merged.hash, nil
}

func same(a, b *entry) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.hash == b.hash && a.mode == b.mode
}

// entry merges what stands at one path; nil means nothing.
func (m *merger) entry(at string, base, ours, theirs *entry) (*entry, error) {
	switch {
	case same(ours, theirs) || same(base, theirs):
		return ours, nil
	case same(base, ours):
		return theirs, nil
	}
	// A file and a directory of one name are two things: only both of them together are a conflict.
	file, err := m.file(at, onlyFile(base), onlyFile(ours), onlyFile(theirs))
	if err != nil {
		return nil, err
	}
	dir, err := m.dir(at, onlyDir(base), onlyDir(ours), onlyDir(theirs))
	if err != nil {
		return nil, err
	}
	if file != nil && dir != nil {
		m.conflict(at, 0, "a file on one side, a directory on the other")
	}
	if file != nil {
		return file, nil
	}
	return dir, nil
}

func onlyFile(e *entry) *entry {
	if isFile(e) {
		return e
	}
	return nil
}

func onlyDir(e *entry) *entry {
	if isFile(e) {
		return nil
	}
	return e
}

func (m *merger) conflict(at string, line int, what string) {
	m.conflicts = append(m.conflicts, Conflict{Path: at, Line: line, What: what})
}

// dir merges directories name by name.
func (m *merger) dir(at string, base, ours, theirs *entry) (*entry, error) {
	switch {
	case same(ours, theirs) || same(base, theirs):
		return ours, nil
	case same(base, ours):
		return theirs, nil
	}
	var lists [3][]entry
	var names []string
	for i, e := range []*entry{base, ours, theirs} {
		children, err := list(m.overlay, at, e)
		if err != nil {
			return nil, err
		}
		lists[i] = children
		for _, child := range children {
			names = append(names, child.name)
		}
	}
	slices.Sort(names)
	var merged []entry
	for _, name := range slices.Compact(names) {
		one, err := m.entry(path.Join(at, name), child(lists[0], name), child(lists[1], name), child(lists[2], name))
		if err != nil {
			return nil, err
		}
		if one != nil {
			merged = append(merged, *one)
		}
	}
	if len(merged) == 0 { // Git has no empty directories
		return nil, nil
	}
	return &entry{name: path.Base(at), mode: directoryMode, hash: m.putTree(merged)}, nil
}

func child(entries []entry, name string) *entry {
	e, ok := find(entries, name)
	if !ok {
		return nil
	}
	return &e
}

// file merges two changed files.
func (m *merger) file(at string, base, ours, theirs *entry) (*entry, error) {
	what := ""
	switch {
	case same(ours, theirs) || same(base, theirs):
		return ours, nil
	case same(base, ours):
		return theirs, nil
	case ours == nil || theirs == nil:
		what = "removed on one side, changed on the other"
	case base == nil:
		what = "added on both sides"
	case !ours.mode.IsRegular() || !theirs.mode.IsRegular() || !base.mode.IsRegular():
		what = "changed on both sides, and no plain file"
	default:
		return m.content(at, base, ours, theirs)
	}
	m.conflict(at, 0, what)
	return nil, nil
}

// content merges mode and content, each for itself.
func (m *merger) content(at string, base, ours, theirs *entry) (*entry, error) {
	merged := *ours
	if base.mode == ours.mode {
		merged.mode = theirs.mode
	}
	switch {
	case ours.hash == theirs.hash || base.hash == theirs.hash:
		return &merged, nil
	case base.hash == ours.hash:
		merged.hash = theirs.hash
		return &merged, nil
	}
	text, err := m.text(at, base, ours, theirs)
	merged.hash = m.put(plumbing.BlobObject, text)
	return &merged, err
}

// text merges line by line.
func (m *merger) text(at string, sides ...*entry) ([]byte, error) {
	contents := make([][]byte, len(sides))
	for i, e := range sides {
		data, err := m.blob(e.hash)
		if err != nil {
			return nil, fmt.Errorf("merge %s: %w", at, err)
		}
		contents[i] = data
	}
	if slices.ContainsFunc(contents, isBinary) {
		m.conflict(at, 0, "changed on both sides, and no text")
		return nil, nil
	}
	text, line := mergeLines(contents[0], contents[1], contents[2])
	if line > 0 {
		m.conflict(at, line, "changed on both sides")
	}
	return text, nil
}

// isBinary is Git's own test.
func isBinary(data []byte) bool {
	const looked = 8000
	return bytes.IndexByte(data[:min(len(data), looked)], 0) >= 0
}
