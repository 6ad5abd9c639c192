package source

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// shelf is where the trees and files of a commit are read.
type shelf interface {
	tree(hash plumbing.Hash) ([]entry, error)
	blob(hash plumbing.Hash) ([]byte, error)
	size(hash plumbing.Hash) (int64, error)
}

// overlay holds objects that were made here and that no repository has, above those of a repository. They have the hashes that Git would
// give them. Once it is made it does not change, and is safe for concurrent use.
type overlay struct {
	under *objects
	trees map[plumbing.Hash][]entry
	made  map[plumbing.Hash]made
	order []plumbing.Hash // of made: what others refer to comes first
}

// made is an object as Git stores it.
type made struct {
	kind plumbing.ObjectType
	data []byte
}

func newOverlay(under *objects) *overlay {
	return &overlay{under: under, trees: map[plumbing.Hash][]entry{}, made: map[plumbing.Hash]made{}}
}

func (o *overlay) tree(hash plumbing.Hash) ([]entry, error) {
	if entries, ok := o.trees[hash]; ok {
		return entries, nil
	}
	return o.under.tree(hash)
}

func (o *overlay) blob(hash plumbing.Hash) ([]byte, error) {
	if object, ok := o.made[hash]; ok {
		return bytes.Clone(object.data), nil
	}
	return o.under.blob(hash)
}

func (o *overlay) size(hash plumbing.Hash) (int64, error) {
	if object, ok := o.made[hash]; ok {
		return int64(len(object.data)), nil
	}
	return o.under.size(hash)
}

// put adds an object, unless the repository has it.
func (o *overlay) put(kind plumbing.ObjectType, data []byte) plumbing.Hash {
	hash := plumbing.ComputeHash(kind, data)
	if _, known := o.made[hash]; !known && !o.under.holds(hash) {
		o.made[hash] = made{kind, data}
		o.order = append(o.order, hash)
	}
	return hash
}

// putTree adds a tree of these entries, which are sorted by name alone.
func (o *overlay) putTree(entries []entry) plumbing.Hash {
	hash := o.put(plumbing.TreeObject, encodeTree(entries))
	if _, ours := o.made[hash]; ours {
		o.trees[hash] = entries
	}
	return hash
}

// encodeTree writes a tree as Git stores it: a directory is sorted as if its name ended in a slash.
func encodeTree(entries []entry) []byte {
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b entry) int { return strings.Compare(a.sortName(), b.sortName()) })
	var data bytes.Buffer
	for _, e := range sorted {
		data.WriteString(gitMode(e.mode) + " " + e.name + "\x00")
		data.Write(e.hash[:])
	}
	return data.Bytes()
}

func (e entry) sortName() string {
	if e.mode.IsDir() {
		return e.name + "/"
	}
	return e.name
}

// gitMode is the mode in the form that Git writes.
func gitMode(mode fs.FileMode) string {
	switch mode.Type() {
	case fs.ModeDir:
		return "40000"
	case fs.ModeSymlink:
		return "120000"
	case fs.ModeIrregular:
		return "160000"
	}
	if mode&0o111 != 0 {
		return "100755"
	}
	return "100644"
}
