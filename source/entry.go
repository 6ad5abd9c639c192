package source

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// entry is one line of a tree.
type entry struct {
	name string
	mode fs.FileMode
	hash plumbing.Hash
}

// tree returns the entries of a tree, sorted by name. Whoever gets them must not change them.
func (o *objects) tree(hash plumbing.Hash) ([]entry, error) {
	o.mu.Lock()
	entries, ok := o.trees[hash]
	o.mu.Unlock()
	if ok {
		return entries, nil
	}
	data, err := o.read(plumbing.TreeObject, hash)
	if err != nil {
		return nil, fmt.Errorf("tree %s: %w", hash, err)
	}
	if entries, err = parseTree(data); err != nil {
		return nil, fmt.Errorf("tree %s: %w", hash, err)
	}
	o.keep(hash, entries)
	return entries, nil
}

func (o *objects) keep(hash plumbing.Hash, entries []entry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.entries += len(entries) + 1; o.entries > treeCache || o.trees == nil {
		o.trees, o.entries = map[plumbing.Hash][]entry{}, len(entries)+1
	}
	o.trees[hash] = entries
}

// parseTree reads the lines "mode name\0hash". Anything that is not exactly that is an error.
func parseTree(data []byte) ([]entry, error) {
	var entries []entry
	for len(data) > 0 {
		mode, rest, ok := bytes.Cut(data, []byte{' '})
		if !ok {
			return nil, fmt.Errorf("malformed tree: a mode without an end")
		}
		name, rest, ok := bytes.Cut(rest, []byte{0})
		if !ok || len(rest) < len(plumbing.ZeroHash) {
			return nil, fmt.Errorf("malformed tree: an entry is cut off")
		}
		e := entry{name: string(name), hash: plumbing.Hash(rest[:len(plumbing.ZeroHash)])}
		var err error
		if e.mode, err = parseMode(string(mode)); err != nil {
			return nil, err
		}
		if entries, data = append(entries, e), rest[len(plumbing.ZeroHash):]; !validName(e.name) {
			return nil, fmt.Errorf("malformed tree: %q is no name for a file", e.name)
		}
	}
	return sortEntries(entries)
}

func validName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.Contains(name, "/") && !strings.EqualFold(name, ".git")
}

// sortEntries sorts by name alone: Git sorts a directory as if its name ended in a slash, fs.ReadDirFS does not.
func sortEntries(entries []entry) ([]entry, error) {
	slices.SortFunc(entries, byName)
	for i := 1; i < len(entries); i++ {
		if entries[i].name == entries[i-1].name {
			return nil, fmt.Errorf("malformed tree: %q stands there twice", entries[i].name)
		}
	}
	return entries, nil
}

func byName(a, b entry) int { return strings.Compare(a.name, b.name) }

func find(entries []entry, name string) (entry, bool) {
	i, ok := slices.BinarySearchFunc(entries, entry{name: name}, byName)
	if !ok {
		return entry{}, false
	}
	return entries[i], true
}

// parseMode maps Git's octal modes; a submodule is irregular.
func parseMode(text string) (fs.FileMode, error) {
	mode, err := strconv.ParseUint(text, 8, 32)
	if err != nil {
		return 0, fmt.Errorf("malformed tree: mode %q", text)
	}
	switch mode & 0o170000 {
	case 0o040000:
		return fs.ModeDir | 0o755, nil
	case 0o100000:
		return 0o644 | fs.FileMode(mode&0o111), nil
	case 0o120000:
		return fs.ModeSymlink | 0o777, nil
	case 0o160000:
		return fs.ModeIrregular, nil
	}
	return 0, fmt.Errorf("malformed tree: mode %q", text)
}
