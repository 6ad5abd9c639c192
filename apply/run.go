package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// run is the state of one Run. Mu guards everything below it; the fields above are not written after newRun.
type run struct {
	gw    Gateway
	opts  Options
	total int

	mu        sync.Mutex
	result    Result
	frontier  frontier
	unsettled []gateway.Key // written since the last barrier, in the order in which the writes ended
	switched  bool          // traffic has moved since the run began, and was not drained yet
	stopped   error         // why nothing more is tried; nil while the run goes on
	errs      []error
}

func newRun(gw Gateway, p plan.Plan, opts Options) *run {
	if opts.Parallel <= 0 {
		opts.Parallel = DefaultParallel
	}
	total := 0
	for _, step := range p.Steps {
		total += len(step.Changes)
	}
	return &run{gw: gw, opts: opts, total: total, frontier: newFrontier(), result: Result{Confirmed: true}, switched: opts.Undrained}
}

func (r *run) step(ctx context.Context, step plan.Step) {
	if step.Phase == plan.Contract {
		r.drain(ctx)
	}
	r.watch(ctx, step)
	if batcher, ok := r.gw.(Batcher); ok {
		r.batch(ctx, step.Phase, batcher, step.Changes)
	} else {
		for _, round := range rounds(step.Changes) {
			r.round(ctx, step.Phase, round)
		}
	}
	if step.Barrier {
		r.barrier(ctx, step.Phase)
	}
}

// round tries changes that do not need each other, side by side.
func (r *run) round(ctx context.Context, phase plan.Phase, changes []plan.Change) {
	var group errgroup.Group
	group.SetLimit(r.opts.Parallel)
	for _, c := range changes {
		group.Go(func() error {
			r.change(ctx, phase, c)
			return nil
		})
	}
	_ = group.Wait() // no change returns an error: they are in the result
}

func (r *run) change(ctx context.Context, phase plan.Phase, c plan.Change) {
	if r.skipped(ctx, phase, c) {
		return
	}
	started := time.Now()
	err := r.write(ctx, c)
	r.done(phase, Outcome{Change: c, Took: time.Since(started), Err: err})
}

var errNothing = errors.New("the plan holds no resource to write")

func (r *run) write(ctx context.Context, c plan.Change) error {
	var err error
	switch {
	case !c.Writes():
		return nil
	case c.Op == plan.Delete:
		err = r.gw.Delete(ctx, c.Key)
	case c.New == nil:
		err = errNothing
	default:
		err = r.gw.Put(ctx, *c.New)
	}
	if spoken := (*gateway.Error)(nil); err == nil || errors.As(err, &spoken) {
		return err
	}
	return fmt.Errorf("%s %s: %w", c.Op, c.Key, err)
}

// skipped reports whether c must not be tried, and notes it in the result.
func (r *run) skipped(ctx context.Context, phase plan.Phase, c plan.Change) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checkLocked(ctx)
	why := ""
	if r.stopped != nil {
		why = "the run was stopped: " + r.stopped.Error()
	} else if why = r.frontier.block(phase, c); why != "" {
		r.frontier.missed(phase, c, "which was skipped")
	}
	if why == "" {
		return false
	}
	r.result.Skipped = append(r.result.Skipped, Skip{Change: c, Why: why})
	r.observeLocked(Event{What: ChangeSkipped, Phase: phase, Change: c, Why: why})
	return true
}

func (r *run) done(phase plan.Phase, outcome Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doneLocked(phase, outcome)
	if outcome.Err != nil {
		r.errs = append(r.errs, outcome.Err)
	}
}

func (r *run) doneLocked(phase plan.Phase, outcome Outcome) {
	r.result.Done = append(r.result.Done, outcome)
	switch {
	case outcome.Err != nil:
		r.failLocked(phase, outcome)
	case outcome.Change.Writes():
		r.unsettled = append(r.unsettled, outcome.Change.Key)
		// An update moves traffic in expand as well: that of a service which goes to another upstream.
		r.switched = r.switched || phase == plan.Switch || outcome.Change.Op == plan.Update
	}
	r.observeLocked(Event{What: ChangeDone, Phase: phase, Change: outcome.Change, Took: outcome.Took, Err: outcome.Err})
}

func (r *run) failLocked(phase plan.Phase, outcome Outcome) {
	r.frontier.missed(phase, outcome.Change, "which the gateway refused")
	if !refused(outcome.Err) && r.stopped == nil {
		r.stopped = outcome.Err
		r.result.Confirmed = false
	}
}

// refused reports whether err concerns one resource only. What is not known to be so stops the run.
func refused(err error) bool {
	var spoken *gateway.Error
	return errors.As(err, &spoken) && spoken.Class == gateway.Refused
}

// checkLocked stops the run when ctx was cancelled.
func (r *run) checkLocked(ctx context.Context) {
	if ctx.Err() != nil {
		r.stopLocked(context.Cause(ctx))
	}
}

func (r *run) stopLocked(err error) {
	if r.stopped == nil {
		r.stopped = err
		r.errs = append(r.errs, err)
		r.result.Confirmed = false
	}
}

func (r *run) observeLocked(e Event) {
	if r.opts.Observe == nil {
		return
	}
	e.Ended, e.Total = len(r.result.Done)+len(r.result.Skipped), r.total
	r.opts.Observe(e)
}

// err says what went wrong and how many changes it touched; nil when all went through.
func (r *run) err() error {
	if len(r.errs) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d changes failed, %d skipped: %w",
		r.result.Failed(), r.total, len(r.result.Skipped), errors.Join(r.errs...))
}
