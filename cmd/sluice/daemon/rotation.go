package daemon

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/settings"
)

// still is how long the files of secrets must be still before they are looked at: a secret mount is swapped in several steps.
const still = 200 * time.Millisecond

// kubernetesData is the link that a secret mount of Kubernetes is swapped by: the files themselves never change.
const kubernetesData = "..data"

// watchSecrets returns a channel that speaks when secrets in files have changed, or the age keys. What can't be watched is looked at
// with the drift interval all the same. The goroutine ends with ctx.
func watchSecrets(ctx context.Context, s settings.Settings, log *zap.Logger) <-chan struct{} {
	w := fileWatch{dir: s.Secrets.Dir, file: s.SOPS.AgeKeyFile, log: log, otherwise: "they are looked at with the drift interval"}
	return w.start(ctx, "secrets can't be watched")
}

// watchFile returns a channel that speaks when a file has changed, and at once where it has since a time: nobody watched until now. The
// goroutine ends with ctx.
func watchFile(ctx context.Context, file string, since time.Time, log *zap.Logger) <-chan struct{} {
	if absolute, err := filepath.Abs(file); file != "" && err == nil {
		file = absolute // as the watcher names it
	}
	w := fileWatch{file: file, since: since, log: log, otherwise: "SIGHUP reads it again"}
	return w.start(ctx, "the daemon's file can't be watched")
}

// fileWatch looks after a directory and a file. It is owned by the goroutine of run once it is started.
type fileWatch struct {
	watcher   *fsnotify.Watcher
	dir, file string    // either may be empty
	since     time.Time // when file was read last; zero: it need not be read for what came before
	log       *zap.Logger
	otherwise string // what happens where nothing can be watched
}

// start returns the channel that run speaks to; it never does where there is nothing to watch.
func (w fileWatch) start(ctx context.Context, trouble string) <-chan struct{} {
	changed := make(chan struct{}, 1)
	if w.dir == "" && w.file == "" {
		return changed
	}
	var err error
	if w.watcher, err = fsnotify.NewWatcher(); err != nil {
		w.log.Warn(trouble+"; "+w.otherwise, zap.Error(err))
		return changed
	}
	w.add(w.dir, trouble)
	if w.file != "" {
		w.add(filepath.Dir(w.file), trouble)
		if info, err := os.Stat(w.file); err == nil && !w.since.IsZero() && info.ModTime().After(w.since) {
			changed <- struct{}{}
		}
	}
	go w.run(ctx, changed)
	return changed
}

func (w fileWatch) add(dir, trouble string) {
	if dir == "" {
		return
	}
	if err := w.watcher.Add(dir); err != nil {
		w.log.Warn(trouble+"; "+w.otherwise, zap.String("dir", dir), zap.Error(err))
	}
}

func (w fileWatch) run(ctx context.Context, changed chan<- struct{}) {
	defer w.watcher.Close()
	var settled <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-w.watcher.Events:
			if w.matters(event) {
				settled = time.After(still)
			}
		case err := <-w.watcher.Errors:
			w.log.Warn("watching files", zap.Error(err))
			settled = time.After(still) // events may have been lost
		case <-settled:
			settled = nil
			select {
			case changed <- struct{}{}:
			default: // one waits already, and says the same
			}
		}
	}
}

// matters leaves out what lies beside the file: the journal may be there, and every pass writes to it.
func (w fileWatch) matters(event fsnotify.Event) bool {
	if event.Op == fsnotify.Chmod {
		return false
	}
	dir, name := filepath.Split(event.Name)
	dir = filepath.Clean(dir)
	return w.dir != "" && dir == filepath.Clean(w.dir) || event.Name == w.file ||
		w.file != "" && dir == filepath.Dir(w.file) && name == kubernetesData
}
