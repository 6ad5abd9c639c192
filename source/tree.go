package source

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"
)

// tree is the file system of one commit, or of one directory of it. It is immutable and safe for concurrent use. It
// implements fs.FS, fs.ReadDirFS, fs.ReadFileFS, fs.StatFS and fs.SubFS, and has Hash. Stat describes a symlink itself;
// symlinks and submodules are listed and can't be read, nor can anything behind them.
type tree struct {
	objects shelf
	root    entry
	when    time.Time // the time of every file
}

var (
	_ fs.ReadDirFS  = (*tree)(nil)
	_ fs.ReadFileFS = (*tree)(nil)
	_ fs.StatFS     = (*tree)(nil)
	_ fs.SubFS      = (*tree)(nil)
)

func newTree(o shelf, root plumbing.Hash, when time.Time) *tree {
	return &tree{objects: o, root: entry{name: ".", mode: fs.ModeDir | 0o755, hash: root}, when: when}
}

// Hash returns the Git hash of a file or directory: two equal hashes are the same content. It reports false when there is
// no such path, or when the way to it can't be read.
func (t *tree) Hash(path string) (string, bool) {
	e, err := t.lookup("hash", path)
	return e.hash.String(), err == nil
}

// Open opens a file, whose content is read at once, or a directory.
func (t *tree) Open(path string) (fs.File, error) {
	e, err := t.lookup("open", path)
	if err != nil {
		return nil, err
	}
	if e.mode.IsDir() {
		list, err := t.ReadDir(path)
		return &directory{info: t.info(path, e), list: list}, err
	}
	data, err := t.content("open", path, e)
	if err != nil {
		return nil, err
	}
	return newFile(t.info(path, e), data), nil
}

// ReadFile returns the content of a file.
func (t *tree) ReadFile(path string) ([]byte, error) {
	e, err := t.lookup("read", path)
	if err != nil {
		return nil, err
	}
	return t.content("read", path, e)
}

// ReadDir returns the whole list of a directory, sorted by name, or an error.
func (t *tree) ReadDir(path string) ([]fs.DirEntry, error) {
	e, err := t.lookup("readdir", path)
	if err != nil {
		return nil, err
	}
	entries, err := t.children("readdir", path, e)
	if err != nil {
		return nil, err
	}
	list := make([]fs.DirEntry, len(entries))
	for i, child := range entries {
		list[i] = t.info(child.name, child)
	}
	return list, nil
}

// Stat describes a file, a directory, or a symlink or submodule itself.
func (t *tree) Stat(path string) (fs.FileInfo, error) {
	e, err := t.lookup("stat", path)
	if err != nil {
		return nil, err
	}
	return t.info(path, e).Info()
}

// Sub returns the file system of a directory. It keeps Hash.
func (t *tree) Sub(path string) (fs.FS, error) {
	e, err := t.lookup("sub", path)
	if err != nil {
		return nil, err
	}
	if !e.mode.IsDir() {
		return nil, &fs.PathError{Op: "sub", Path: path, Err: notReadable(e)}
	}
	return newTree(t.objects, e.hash, t.when), nil
}

// lookup follows path from the root. fs.ErrNotExist means that the commit has no such path and that every tree on the way
// was read.
func (t *tree) lookup(op, path string) (entry, error) {
	if !utf8.ValidString(path) {
		return entry{}, &fs.PathError{Op: op, Path: strconv.Quote(path), Err: errNotUTF8}
	}
	if !fs.ValidPath(path) {
		return entry{}, &fs.PathError{Op: op, Path: path, Err: fs.ErrInvalid}
	}
	at := t.root
	if path == "." {
		return at, nil
	}
	for name := range strings.SplitSeq(path, "/") {
		entries, err := t.children(op, path, at)
		if err != nil {
			return entry{}, err
		}
		next, ok := find(entries, name)
		if !ok {
			return entry{}, &fs.PathError{Op: op, Path: path, Err: fs.ErrNotExist}
		}
		at = next
	}
	return at, nil
}

// errNotUTF8 is the error of a name that fs.FS can't hold, though Git can.
var errNotUTF8 = fmt.Errorf("%w: the name is not valid UTF-8: rename it", fs.ErrInvalid)

func (t *tree) children(op, path string, e entry) ([]entry, error) {
	if !e.mode.IsDir() {
		return nil, &fs.PathError{Op: op, Path: path, Err: behind(e)}
	}
	entries, err := t.objects.tree(e.hash)
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: path, Err: err}
	}
	return entries, nil
}

// behind says why there is nothing below e. Below a plain file there is nothing, as everywhere; what stands behind a symlink
// or in a submodule is unknown, and that is not the same.
func behind(e entry) error {
	if e.mode.IsRegular() {
		return fmt.Errorf("%w: %q is a file", fs.ErrNotExist, e.name)
	}
	return notReadable(e)
}

func (t *tree) content(op, path string, e entry) ([]byte, error) {
	if !e.mode.IsRegular() {
		return nil, &fs.PathError{Op: op, Path: path, Err: notReadable(e)}
	}
	data, err := t.objects.blob(e.hash)
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: path, Err: err}
	}
	return data, nil
}

func notReadable(e entry) error {
	switch e.mode.Type() {
	case fs.ModeDir:
		return errors.New("is a directory")
	case fs.ModeSymlink:
		return fmt.Errorf("%q is a symlink, which is not followed", e.name)
	case fs.ModeIrregular:
		return fmt.Errorf("%q is a submodule, which is not read", e.name)
	}
	return errors.New("is not a directory")
}
