package reconciler

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/trace"
)

// mostWrites bounds the writes of one apply that get a span of their own, and as many again that failed. The rest is counted.
const mostWrites = 64

// writing watches one apply: each change goes to the log, the meter and the trace. It is used by one goroutine at a time.
type writing struct {
	meter      Meter             // nil: none
	tell       func(apply.Event) // nil: nobody else
	log        *zap.Logger
	env, group string

	spans, faults, untraced int
}

// putThrough carries out the plan of a group under the eyes of all who watch.
func (p *Planner) putThrough(ctx context.Context, w *work, g *groupPlan, how performance) (apply.Result, error) {
	ctx, done := p.stage(ctx, StageApply, w.env.Name, trace.String("env", w.env.Name), trace.String("group", g.group.Name))
	o := &writing{meter: p.config.Meter, tell: how.observe, env: w.env.Name, group: g.group.Name}
	o.log = p.log.With(zap.String("env", o.env), zap.String("group", o.group), zap.String("commit", w.snapshot.Commit.Short()))
	result, err := apply.Run(ctx, g.group.inNameOf(how.commit), g.plan, apply.Options{
		Parallel: g.group.Parallel, Drain: g.group.Drain, Undrained: how.undrained, Observe: func(e apply.Event) { o.observe(ctx, e) },
	})
	trace.Set(ctx, trace.Int("writes", len(result.Done)), trace.Int("skipped", len(result.Skipped)), trace.Int("untraced", o.untraced))
	done(err)
	return result, err
}

func (o *writing) observe(ctx context.Context, e apply.Event) {
	if o.meter != nil {
		o.meter.Wrote(o.env, o.group, e)
	}
	if o.tell != nil {
		o.tell(e)
	}
	switch e.What {
	case apply.ChangeDone:
		o.log.Debug("change", zap.String("op", string(e.Change.Op)), zap.Stringer("key", e.Change.Key), zap.Duration("dur", e.Took), zap.Error(e.Err))
		o.trace(ctx, e)
	case apply.ChangeSkipped:
		o.log.Debug("change skipped", zap.String("op", string(e.Change.Op)), zap.Stringer("key", e.Change.Key), zap.String("reason", e.Why))
	case apply.Settled:
		trace.Past(ctx, "barrier", time.Now().Add(-e.Took), e.Took, e.Err, trace.String("phase", string(e.Phase)), trace.Bool("confirmed", e.Confirmed))
	case apply.Draining:
		trace.Past(ctx, "drain", time.Now(), e.Took, nil)
	}
}

// trace keeps the span of a change while there is room for it.
func (o *writing) trace(ctx context.Context, e apply.Event) {
	if !trace.Wanted(ctx) {
		return
	}
	count := &o.spans
	if e.Err != nil {
		count = &o.faults
	}
	if *count >= mostWrites {
		o.untraced++
		return
	}
	*count++
	trace.Past(ctx, "write", time.Now().Add(-e.Took), e.Took, e.Err, trace.String("op", string(e.Change.Op)), trace.String("key", e.Change.Key.String()))
}
