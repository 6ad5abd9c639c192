package reconciler

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/trace"
)

// visit brings an environment to a commit, or keeps it there, and says so in one line. What belongs to the way of a commit belongs to its
// trace; a later look at what it left is a trace of its own.
func (r *Reconciler) visit(ctx context.Context, w *work, isNew bool) outcome {
	began := time.Now()
	ctx, span := r.turnSpan(ctx, w)
	out := r.bring(ctx, w, isNew)
	span.Set(trace.String("state", string(w.memo.state)))
	span.End(out.err)
	if ctx.Err() != nil {
		return out
	}
	log := r.log.Info
	if w.keeping {
		log = r.log.Debug
	}
	log("turn ended", append(trace.Fields(ctx), zap.String("env", w.env.Name), zap.String("commit", w.snapshot.Commit.Short()),
		zap.String("state", string(w.memo.state)), zap.Duration("dur", time.Since(began)), zap.Bool("retry", out.retry))...)
	return out
}

func (r *Reconciler) turnSpan(ctx context.Context, w *work) (context.Context, trace.Span) {
	facts := []trace.Attribute{trace.String("env", w.env.Name), trace.String("commit", w.commit())}
	if w.keeping || r.past.HasEnd(w.env.Name, w.commit()) {
		return r.config.Tracer.Apart(ctx, "look", w.commit(), facts...)
	}
	return trace.Start(r.config.Tracer.Commit(ctx, w.commit()), "turn", facts...)
}

// layout reads the layout of the newest commit, which is the last one from then on. What is read again, after a restart too, belongs to
// nobody's way.
func (r *Reconciler) layout(ctx context.Context, snapshot source.Snapshot) (environments.Tree, error) {
	seen := r.last != nil && r.last.Commit.Hash == snapshot.Commit.Hash
	if !seen && !r.past.Knows(snapshot.Commit.Hash) {
		ctx = r.config.Tracer.Commit(ctx, snapshot.Commit.Hash)
	}
	r.last = &snapshot
	_, loaded := r.stage(ctx, StageLoad, "")
	tree, err := r.trustedLayout(snapshot)
	loaded(err)
	return tree, err
}
