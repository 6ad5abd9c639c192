package source

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// fan is how many digits of a commit's hash name a directory of notes. Git reads any number of such levels, mixed as they may be, and what
// it writes itself has them from some hundred notes on.
const fan = 2

// annotateAll adds lines to the notes of commits in a tree of notes; a zero tree has none.
func (o *overlay) annotateAll(tree plumbing.Hash, lines map[string][]string) (plumbing.Hash, error) {
	for _, commit := range slices.Sorted(maps.Keys(lines)) {
		next, err := o.annotate(tree, commit, len(commit), lines[commit])
		if err != nil {
			return tree, fmt.Errorf("note of %s: %w", commit, err)
		}
		tree = next
	}
	return tree, nil
}

// annotate adds lines to one note. Rest is what of the commit's hash the directories above have not said, of whole digits.
func (o *overlay) annotate(tree plumbing.Hash, rest string, whole int, lines []string) (plumbing.Hash, error) {
	var entries []entry
	if !tree.IsZero() {
		read, err := o.tree(tree)
		if err != nil {
			return tree, err
		}
		entries = slices.Clone(read)
	}
	if i := slices.IndexFunc(entries, func(e entry) bool { return e.name == rest && e.mode.IsRegular() }); i >= 0 {
		hash, err := o.addLines(entries[i].hash, lines)
		if err != nil || hash == entries[i].hash {
			return tree, err
		}
		entries[i].hash = hash
		return o.putTree(entries), nil
	}
	if i := slices.IndexFunc(entries, func(e entry) bool { return e.name == rest[:fan] && e.mode.IsDir() }); i >= 0 {
		hash, err := o.annotate(entries[i].hash, rest[fan:], whole, lines)
		if err != nil || hash == entries[i].hash {
			return tree, err
		}
		entries[i].hash = hash
		return o.putTree(entries), nil
	}
	return o.newNote(entries, rest, whole, lines)
}

// newNote adds a note that is not there: below the first level, so that no tree grows without end.
func (o *overlay) newNote(entries []entry, rest string, whole int, lines []string) (plumbing.Hash, error) {
	added := entry{name: rest, mode: 0o644, hash: o.put(plumbing.BlobObject, withLines("", lines))}
	if len(rest) == whole {
		below := o.putTree([]entry{{name: rest[fan:], mode: 0o644, hash: added.hash}})
		added = entry{name: rest[:fan], mode: fs.ModeDir | 0o755, hash: below}
	}
	entries = append(entries, added)
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return o.putTree(entries), nil
}

// addLines adds to a file the lines that it has not.
func (o *overlay) addLines(file plumbing.Hash, lines []string) (plumbing.Hash, error) {
	data, err := o.blob(file)
	if err != nil {
		return file, err
	}
	has := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		has[strings.TrimRight(line, "\r\n")] = true
	}
	missing := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return has[line] })
	if len(missing) == 0 {
		return file, nil
	}
	return o.put(plumbing.BlobObject, withLines(string(data), missing)), nil
}

// withLines is a text with lines added to it.
func withLines(text string, lines []string) []byte {
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return []byte(text + strings.Join(lines, "\n") + "\n")
}
