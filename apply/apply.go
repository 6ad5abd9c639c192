package apply

import (
	"context"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// Gateway is what apply needs of a gateway group. Put and Delete are called from several goroutines at once, Settle from
// one. Errors should be a *gateway.Error, whose Class says what goes on; any other error counts as Unreachable.
type Gateway interface {
	// Put creates or replaces one resource.
	Put(ctx context.Context, r gateway.Resource) error
	// Delete removes one resource. It succeeds when the resource is gone already.
	Delete(ctx context.Context, k gateway.Key) error
	// Settle returns when every instance has taken the changed resources, which come in the order in which the writes ended.
	// Confirmed is false when the instances could not be asked and only time has passed.
	Settle(ctx context.Context, changed []gateway.Key) (confirmed bool, err error)
}

// DefaultParallel is how many changes run side by side when Options does not say.
const DefaultParallel = 16

// Options are the knobs of one Run. The zero value is ready to use.
type Options struct {
	// Parallel bounds the changes that run side by side. Zero and below mean DefaultParallel.
	Parallel int
	// Drain is an extra wait between the last switch barrier and contract, for requests under way on the old routes.
	Drain time.Duration
	// Undrained says that traffic has moved before this run, in one that did not come to its end.
	Undrained bool
	// Observe is told of everything that happens, from one goroutine at a time. It may be nil. It must return soon.
	Observe func(Event)
}

// Result says what became of every change of the plan: each one is in Done or in Skipped, whatever happened.
type Result struct {
	Done    []Outcome // changes that were tried, in the order in which they ended
	Skipped []Skip    // changes that were not tried
	// Confirmed says that the instances confirmed every barrier: where it is false, the apply is not verified. It is true for a
	// plan that reached none and was not stopped.
	Confirmed bool
	Barriers  int // barriers that were waited for
}

// Outcome is a change that was tried.
type Outcome struct {
	Change plan.Change
	Took   time.Duration
	Err    error // nil when the change went through
}

// Skip is a change that was not tried.
type Skip struct {
	Change plan.Change
	Why    string // one sentence for a person, without a full stop; holds no secret
}

// Failed returns how many changes were tried and did not go through.
func (r Result) Failed() int {
	failed := 0
	for _, outcome := range r.Done {
		if outcome.Err != nil {
			failed++
		}
	}
	return failed
}

// Run carries out p against gw. The Result is whole even when there is an error: every change of p is in Done or in
// Skipped. The error joins all that went wrong; errors.As finds the *gateway.Error of each change, errors.Is the cause of a
// cancelled context. Ctx is looked at between changes, never inside one. Run does not look at p.Refusals: a plan that must
// not be applied must not be handed in.
//
// A Gateway that is Watchful is asked before each step, and a step for which it names a key stops the run with a
// *gateway.Error of class gateway.Moved. A Gateway that is a Batcher takes each step at once.
func Run(ctx context.Context, gw Gateway, p plan.Plan, opts Options) (Result, error) {
	r := newRun(gw, p, opts)
	for _, step := range p.Steps {
		r.step(ctx, step)
	}
	return r.result, r.err()
}
