package source

import (
	"context"
	"math/rand/v2"
	"os"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"
)

// quiet is how long a local repository must be still before a nudge: one git command touches several files.
const quiet = 50 * time.Millisecond

// Watch returns a channel that says "look again": every poll (give or take a tenth; never when poll is not positive), when a
// branch of a repository on this machine moves, and when a signal comes in on one of more. A nudge never says what changed.
// Nudges that nobody has taken yet are one. The goroutines end with ctx; the channel is never closed.
func (r *Repository) Watch(ctx context.Context, poll time.Duration, more ...<-chan os.Signal) <-chan struct{} {
	w := &watch{log: r.log, poll: poll, nudges: make(chan struct{}, 1), asked: make(chan struct{})}
	for _, signals := range more {
		go w.forward(ctx, signals)
	}
	if r.remote.at.scheme == "file" {
		w.files = watchFiles(r.remote.at.path, r.log)
	}
	go w.run(ctx)
	return w.nudges
}

// watch is owned by the goroutine of run, save the channels.
type watch struct {
	log    *zap.Logger
	poll   time.Duration
	nudges chan struct{} // to the reader; room for one
	asked  chan struct{} // from the signals
	files  *fileWatch    // nil for a repository elsewhere
}

// forward hands signals on until they or the context end.
func (w *watch) forward(ctx context.Context, signals <-chan os.Signal) {
	for {
		select {
		case _, ok := <-signals:
			if !ok {
				return
			}
		case <-ctx.Done():
			return
		}
		select {
		case w.asked <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

// run waits for any reason to look again. It is the only one that nudges, and owns the one debounce.
func (w *watch) run(ctx context.Context) {
	var polls, settled <-chan time.Time
	if w.poll > 0 {
		polls = time.After(jitter(w.poll))
	}
	events, faults := w.files.channels()
	defer w.files.close()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.asked:
			w.nudge()
		case <-polls:
			w.nudge()
			polls = time.After(jitter(w.poll))
		case event := <-events:
			if w.files.matters(event) && settled == nil {
				settled = time.After(quiet)
			}
		case err := <-faults:
			w.log.Warn("watching the repository's files", zap.Error(err))
			w.nudge() // events may have been lost
		case <-settled:
			settled = nil
			w.nudge()
		}
	}
}

func (w *watch) nudge() {
	select {
	case w.nudges <- struct{}{}:
	default: // one waits already, and says the same
	}
}

// jitter keeps several daemons from asking the server all at once.
func jitter(d time.Duration) time.Duration {
	return d - d/10 + rand.N(2*(d/10)+1) //nolint:gosec // no secret
}

// channels is safe on nil: nil channels never speak.
func (f *fileWatch) channels() (<-chan fsnotify.Event, <-chan error) {
	if f == nil {
		return nil, nil
	}
	return f.watcher.Events, f.watcher.Errors
}
