package source

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"
)

// lazyInfo is an fs.DirEntry whose size is looked up only when it is asked for.
type lazyInfo struct {
	tree  *tree
	entry entry
	name  string
}

func (t *tree) info(at string, e entry) lazyInfo {
	return lazyInfo{tree: t, entry: e, name: path.Base(at)}
}

func (i lazyInfo) Name() string      { return i.name }
func (i lazyInfo) IsDir() bool       { return i.entry.mode.IsDir() }
func (i lazyInfo) Type() fs.FileMode { return i.entry.mode.Type() }
func (i lazyInfo) String() string    { return fs.FormatDirEntry(i) }

// Info reads the size of a file from the object store, without its content.
func (i lazyInfo) Info() (fs.FileInfo, error) {
	info := fileInfo{name: i.name, mode: i.entry.mode, when: i.tree.when}
	if i.entry.mode.IsRegular() {
		size, err := i.tree.objects.size(i.entry.hash)
		if err != nil {
			return nil, &fs.PathError{Op: "stat", Path: i.name, Err: fmt.Errorf("blob %s: %w", i.entry.hash, err)}
		}
		info.size = size
	}
	return info, nil
}

type fileInfo struct {
	name string
	size int64
	mode fs.FileMode
	when time.Time
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.size }
func (i fileInfo) Mode() fs.FileMode  { return i.mode }
func (i fileInfo) ModTime() time.Time { return i.when }
func (i fileInfo) IsDir() bool        { return i.mode.IsDir() }
func (i fileInfo) Sys() any           { return nil }

// file is an open file; its content was read already.
type file struct {
	*bytes.Reader
	info lazyInfo
}

func newFile(info lazyInfo, data []byte) *file {
	return &file{Reader: bytes.NewReader(data), info: info}
}

func (f *file) Stat() (fs.FileInfo, error) {
	return fileInfo{name: f.info.name, size: f.Size(), mode: f.info.entry.mode, when: f.info.tree.when}, nil
}
func (f *file) Close() error { return nil }

// directory is an open directory; its whole list was read already.
type directory struct {
	info lazyInfo
	list []fs.DirEntry
	next int
}

func (d *directory) Stat() (fs.FileInfo, error) { return d.info.Info() }
func (d *directory) Close() error               { return nil }

func (d *directory) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.name, Err: notReadable(d.info.entry)}
}

func (d *directory) ReadDir(n int) ([]fs.DirEntry, error) {
	rest := d.list[d.next:]
	if n <= 0 {
		d.next = len(d.list)
		return append([]fs.DirEntry{}, rest...), nil
	}
	if len(rest) == 0 {
		return nil, io.EOF
	}
	rest = rest[:min(n, len(rest))]
	d.next += len(rest)
	return append([]fs.DirEntry{}, rest...), nil
}
