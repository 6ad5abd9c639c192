package forge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
)

// Outbox is where statuses wait to be posted, oldest first, the newest only for each commit and context. record.Journal is one.
type Outbox interface {
	Outbox() []record.Entry
	Posted(e record.Entry) error
}

// Delivery posts what waits in an outbox, in its order, until the forge has taken it. Nobody waits for it: the reconciler goes on while
// the forge is down, and what was overtaken meanwhile is never posted. The fields must not be changed after Run was called.
type Delivery struct {
	Outbox Outbox
	Forge  Statuses
	// Link returns the address that a status leads to; nil: none.
	Link func(e record.Entry) string
	// Spacing is the time between two statuses; zero posts them as fast as the forge answers.
	Spacing time.Duration
	Log     *zap.Logger // nil: none

	mu      sync.Mutex
	trouble error
}

const (
	// calm is how long a pending status waits before it is posted: most commits are done by then, and one status is enough.
	calm = 3 * time.Second
	// firstWait and longestWait bound the wait after trouble.
	firstWait   = time.Second
	longestWait = 5 * time.Minute
	// lookEvery is how often the outbox is looked at though nobody wakes.
	lookEvery = 30 * time.Second
)

// Trouble returns why the last status could not be posted, or nil. It may be called at any time.
func (d *Delivery) Trouble() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.trouble
}

// Run posts until ctx ends. It looks into the outbox at the start, which finishes what an earlier run has left, after each wake, and now
// and then.
func (d *Delivery) Run(ctx context.Context, wake <-chan struct{}) {
	wait := time.Duration(0)
	for {
		next, err := d.round(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			wait = d.afterTrouble(err, wait)
			if !sleep(ctx, wait, nil) { // a wake does not shorten it: the forge asked for peace, or is down
				return
			}
			continue
		}
		wait = 0
		d.tell(nil)
		if next == 0 {
			next = lookEvery
		}
		if !sleep(ctx, next, wake) {
			return
		}
	}
}

// sleep waits so long, or for a wake. It returns false when ctx has ended.
func sleep(ctx context.Context, long time.Duration, wake <-chan struct{}) bool {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// round posts all that waits. Next is when a pending status is calm enough; zero when none waits for that.
func (d *Delivery) round(ctx context.Context) (next time.Duration, err error) {
	for _, e := range d.Outbox.Outbox() {
		if age := time.Since(e.Started); e.Status.State == record.StatusPending && age < calm {
			next = calm - age
			continue
		}
		if err := d.post(ctx, e); err != nil {
			return 0, err
		}
		if d.Spacing > 0 && !sleep(ctx, d.Spacing, nil) {
			return 0, ctx.Err()
		}
	}
	return next, nil
}

// post posts one status. What the forge will never take leaves the outbox as well: nothing behind it may wait for ever.
func (d *Delivery) post(ctx context.Context, e record.Entry) error {
	status := Status{Context: e.Status.Context, State: e.Status.State, Text: e.Status.Text}
	if d.Link != nil {
		status.URL = d.Link(e)
	}
	err := d.Forge.SetStatus(ctx, e.Commit, status)
	if fault, ok := errors.AsType[*Error](err); ok && fault.Class == Final {
		d.log().Warn("status refused by the forge", zap.String("commit", e.Commit), zap.String("context", e.Status.Context), zap.Error(err))
		err = nil
	}
	if err != nil {
		return err
	}
	if err := d.Outbox.Posted(e); err != nil {
		return fmt.Errorf("note posted status: %w", err)
	}
	return nil
}

// afterTrouble tells what is wrong, once, and returns how long to wait.
func (d *Delivery) afterTrouble(err error, last time.Duration) time.Duration {
	wait := min(max(2*last, firstWait), longestWait)
	if fault, ok := errors.AsType[*Error](err); ok && fault.Class == Limited {
		wait = max(wait, fault.After)
	}
	d.tell(err)
	return wait
}

func (d *Delivery) tell(err error) {
	d.mu.Lock()
	before := d.trouble
	d.trouble = err
	d.mu.Unlock()
	switch {
	case err != nil && (before == nil || before.Error() != err.Error()):
		d.log().Error("commit statuses can't be posted, will retry", zap.Error(err))
	case err == nil && before != nil:
		d.log().Info("commit statuses are posted again")
	}
}

func (d *Delivery) log() *zap.Logger {
	if d.Log == nil {
		return zap.NewNop()
	}
	return d.Log
}
