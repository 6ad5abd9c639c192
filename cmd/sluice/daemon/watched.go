package daemon

import (
	"context"
	"net/http"
	"time"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/trace"
)

// watchedSource counts the looks at the followed branch, and knows when a commit came.
type watchedSource struct {
	reconciler.Source
	told *telemetry
	past *record.View
}

// Latest looks at the branch.
func (s watchedSource) Latest(ctx context.Context) (source.Snapshot, error) {
	began := time.Now()
	snapshot, err := s.Source.Latest(ctx)
	took := time.Since(began)
	if ctx.Err() == nil {
		s.told.metrics.Fetched(took, err)
	}
	if err == nil {
		s.saw(ctx, snapshot.Commit, began, took)
	}
	return snapshot, err
}

// saw takes note of the newest commit. What is seen first may have been there before, and may be known to the journal already.
func (s watchedSource) saw(ctx context.Context, commit source.Commit, began time.Time, took time.Duration) {
	before := s.told.journeys.see(commit.Hash)
	if before == commit.Hash {
		return
	}
	s.told.metrics.Arrived(commit, began, before == "")
	if s.past.Knows(commit.Hash) {
		return
	}
	s.told.journeys.begin(commit, began, s.told.delivered.take())
	trace.Past(s.told.tracer.Commit(ctx, commit.Hash), "fetch", began, took, nil, trace.String("commit", commit.Hash))
}

// watchedStatuses counts and traces the commit statuses that are posted.
type watchedStatuses struct {
	forge.Statuses
	told *telemetry
}

// SetStatus posts one.
func (s watchedStatuses) SetStatus(ctx context.Context, commit string, status forge.Status) error {
	ctx, span := trace.Start(s.told.tracer.Commit(ctx, commit), "status", trace.String("context", status.Context), trace.String("state", string(status.State)))
	err := s.Statuses.SetStatus(ctx, commit, status)
	span.End(err)
	s.told.metrics.Posted(err)
	return err
}

// watchRequests counts the requests to a gateway group, and tells who takes them to which span they belong.
func (d *Daemon) watchRequests(group string, next http.RoundTripper) http.RoundTripper {
	return d.telemetry.metrics.Transport(group, traced{next})
}

// traced adds the W3C traceparent to requests.
type traced struct{ next http.RoundTripper }

// RoundTrip sends a request.
func (t traced) RoundTrip(request *http.Request) (*http.Response, error) {
	if trace.Wanted(request.Context()) {
		request = request.Clone(request.Context())
		trace.Inject(request.Context(), request.Header.Set)
	}
	return t.next.RoundTrip(request)
}

// around is what stands around the requests to a group; nil: nothing.
func (g *Groups) around(group string) func(http.RoundTripper) http.RoundTripper {
	if g.watched == nil {
		return nil
	}
	return func(next http.RoundTripper) http.RoundTripper { return g.watched(group, next) }
}
