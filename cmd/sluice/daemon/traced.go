package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/feed"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/trace"
)

// telling keeps a span of what a listener is told, in the trace of each commit that it is told of.
func (t *telemetry) telling(f *feed.Feed) *feed.Feed {
	take := f.Take
	f.Take = func(ctx context.Context, ends []record.Entry) error {
		began := time.Now()
		err := take(ctx, ends)
		for _, end := range ends {
			trace.Past(t.tracer.Commit(ctx, end.Commit), "tell", began, time.Since(began), err,
				trace.String("listener", f.Listener), trace.String("env", end.Environment), trace.String("state", string(end.State)))
		}
		return err
	}
	return f
}

// deliveryCounts is how long after a webhook a new commit is taken to be what it told of.
const deliveryCounts = 2 * time.Minute

// delivered is the newest delivery of a webhook that said which trace it belongs to. The zero value is none; it is safe for use by several
// goroutines at once.
type delivered struct {
	mu   sync.Mutex
	from trace.Link
	at   time.Time
}

// came takes note of a delivery.
func (d *delivered) came(from trace.Link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.from, d.at = from, time.Now()
}

// take returns what has told of a commit that came now, and forgets it: the next commit has another reason.
func (d *delivered) take() trace.Link {
	d.mu.Lock()
	defer d.mu.Unlock()
	from := d.from
	d.from = trace.Link{}
	if time.Since(d.at) > deliveryCounts {
		return trace.Link{}
	}
	return from
}
