package daemon

import (
	"context"
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
	changed := make(chan struct{}, 1)
	if s.Secrets.Dir == "" && s.SOPS.AgeKeyFile == "" {
		return changed
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		log.Warn("secrets can't be watched; they are looked at with the drift interval", zap.Error(err))
		return changed
	}
	w := secretWatch{watcher: watcher, dir: s.Secrets.Dir, keyFile: s.SOPS.AgeKeyFile, log: log}
	w.add(s.Secrets.Dir)
	if s.SOPS.AgeKeyFile != "" {
		w.add(filepath.Dir(s.SOPS.AgeKeyFile))
	}
	go w.run(ctx, changed)
	return changed
}

// secretWatch is owned by the goroutine of run once it is started.
type secretWatch struct {
	watcher      *fsnotify.Watcher
	dir, keyFile string
	log          *zap.Logger
}

func (w secretWatch) add(dir string) {
	if dir == "" {
		return
	}
	if err := w.watcher.Add(dir); err != nil {
		w.log.Warn("secrets can't be watched; they are looked at with the drift interval", zap.String("dir", dir), zap.Error(err))
	}
}

func (w secretWatch) run(ctx context.Context, changed chan<- struct{}) {
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
			w.log.Warn("watching secrets", zap.Error(err))
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

// matters leaves out what lies beside the key file: the journal may be there, and every pass writes to it.
func (w secretWatch) matters(event fsnotify.Event) bool {
	if event.Op == fsnotify.Chmod {
		return false
	}
	dir, name := filepath.Split(event.Name)
	dir = filepath.Clean(dir)
	return w.dir != "" && dir == filepath.Clean(w.dir) || event.Name == w.keyFile ||
		w.keyFile != "" && dir == filepath.Dir(w.keyFile) && name == kubernetesData
}
