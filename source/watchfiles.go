package source

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"
)

// fileWatch sees the branches of a repository on this machine move: refs/heads and below, packed-refs, HEAD, and reftable. It
// is owned by one goroutine. nil is a watch that sees nothing.
type fileWatch struct {
	watcher *fsnotify.Watcher
	git     string // where HEAD is
	refs    string // refs/heads
	tables  string // reftable, where the repository has it
	log     *zap.Logger
}

// watchFiles returns nil, and says so in the log, where files can't be watched: then polling must do.
func watchFiles(path string, log *zap.Logger) *fileWatch {
	git := gitDir(path)
	common := commonDir(git)
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		log.Warn("the repository's files can't be watched, polling only", zap.String("path", path), zap.Error(err))
		return nil
	}
	f := &fileWatch{
		watcher: watcher, git: git, log: log,
		refs: filepath.Join(common, "refs", "heads"), tables: filepath.Join(common, "reftable"),
	}
	// Files are replaced by renaming: only a watch on their directory lives on.
	for _, dir := range []string{git, common} {
		f.add(dir)
	}
	f.addBelow(f.refs)
	if _, err := os.Stat(f.tables); err == nil {
		f.add(f.tables)
	}
	return f
}

func (f *fileWatch) add(dir string) {
	if err := f.watcher.Add(dir); err != nil {
		f.log.Warn("directory can't be watched", zap.String("dir", dir), zap.Error(err))
	}
}

// addBelow watches a directory and all below it. What vanishes meanwhile need not be watched.
func (f *fileWatch) addBelow(dir string) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			f.add(path)
		}
		return nil
	})
}

// matters reports whether an event may mean that a branch moved. It follows new directories: a branch a/b makes one.
func (f *fileWatch) matters(event fsnotify.Event) bool {
	if event.Op == fsnotify.Chmod || strings.HasSuffix(event.Name, ".lock") {
		return false
	}
	if f.within(f.refs, event.Name) {
		if info, err := os.Stat(event.Name); err == nil && info.IsDir() {
			f.addBelow(event.Name)
		}
		return true
	}
	name := filepath.Base(event.Name)
	return name == "packed-refs" || name == "HEAD" || f.within(f.tables, event.Name)
}

func (f *fileWatch) within(dir, path string) bool {
	return path == dir || strings.HasPrefix(path, dir+string(filepath.Separator))
}

// close is safe on nil.
func (f *fileWatch) close() {
	if f != nil {
		// The watch is over either way.
		_ = f.watcher.Close()
	}
}
