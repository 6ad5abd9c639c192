package forge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
)

// Outbox is where statuses wait to be posted, oldest first, the newest only for each commit and context. record.Journal is one.
type Outbox interface {
	Outbox() []record.Entry
	Posted(e record.Entry) error
}

// Delivery posts what waits in an outbox until the forge has taken it: in its order, and the newest ends first where so much waits that it
// would take long. Nobody waits for it: the reconciler goes on while the forge is down, and what was overtaken meanwhile is never posted. The
// fields must not be changed after Run was called.
type Delivery struct {
	Outbox Outbox
	Forge  Statuses
	// Deployments shows where which commit runs as well; nil: nothing does. What it refuses keeps no status from being posted.
	Deployments Deployments
	// Moved says when the repository is found under another name; nil: nobody knows.
	Moved Movable
	// Link returns the address that a status leads to; nil: none.
	Link func(e record.Entry) string
	// Spacing is the time between two statuses; zero posts them as fast as the forge answers.
	Spacing time.Duration
	Log     *zap.Logger // nil: none

	// posted is the entry whose status was taken, though not all of it was done: an entry has another status at its end than when it was
	// begun. Owned by Run.
	posted record.Entry
	queue  queue            // owned by Run
	began  map[string]int64 // the newest entry whose deployment was shown, by environment; owned by Run

	health   Health
	deployed Health // of the deployments alone
	moved    Health // of the repository's name
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

// Troubles returns why the last status could not be posted, and why deployments are not shown. It may be called at any time.
func (d *Delivery) Troubles() []Trouble {
	return slices.Concat(d.health.Troubles("commit statuses"), d.deployed.Troubles("deployments"), d.moved.Troubles("forge.repository"))
}

// Run posts until ctx ends. It looks into the outbox at the start, which finishes what an earlier run has left, after each wake, and now
// and then.
func (d *Delivery) Run(ctx context.Context, wake <-chan struct{}) {
	wait := time.Duration(0)
	for {
		before := d.queue.done
		next, err := d.round(ctx)
		if d.queue.done > before {
			wait = 0 // it gets on: what stops it now is nothing that has lasted
		}
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
		d.tellMove()
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

// round posts all that waits. It looks into the outbox before each status: what came meanwhile takes the place of what it has overtaken. Next
// is when a pending status is calm enough; zero when none waits for that.
func (d *Delivery) round(ctx context.Context) (next time.Duration, err error) {
	for ctx.Err() == nil {
		e, next := d.queue.next(d.Outbox.Outbox(), d.posted)
		if e.ID == 0 && e.Commit == "" {
			return next, nil
		}
		began := time.Now()
		if err := d.post(ctx, e); err != nil {
			d.queue.refused(err)
			return 0, err
		}
		d.posted = record.Entry{}
		if d.Spacing > 0 && !sleep(ctx, d.Spacing, nil) {
			break
		}
		d.queue.took(time.Since(began))
	}
	return 0, ctx.Err()
}

// post posts one status, and shows the deployment that goes with it.
func (d *Delivery) post(ctx context.Context, e record.Entry) error {
	if err := d.postStatus(ctx, e); err != nil {
		return err
	}
	d.posted = e
	if err := d.deploy(ctx, e); err != nil {
		return err
	}
	if err := d.Outbox.Posted(e); err != nil {
		return fmt.Errorf("note posted status: %w", err)
	}
	return nil
}

// postStatus posts the status of an entry, unless that was done before something else of it failed. What the forge will never take counts
// as posted: nothing behind it may wait for ever.
func (d *Delivery) postStatus(ctx context.Context, e record.Entry) error {
	if d.posted.ID == e.ID && d.posted.Status == e.Status {
		return nil
	}
	status := Status{Context: e.Status.Context, State: e.Status.State, Text: e.Status.Text}
	if d.Link != nil {
		status.URL = d.Link(e)
	}
	err := d.Forge.SetStatus(ctx, e.Commit, status)
	if fault, ok := errors.AsType[*Error](err); ok && fault.Class == Final {
		d.log().Warn("status refused by the forge", zap.String("commit", e.Commit), zap.String("context", e.Status.Context), zap.Error(err))
		return nil
	}
	return err
}

// deploy shows how the deployment of an entry's commit stands. Only what passes by itself is waited for: the statuses behind it need
// not the right that may be missing here.
func (d *Delivery) deploy(ctx context.Context, e record.Entry) error {
	state := deploymentState(e)
	if d.Deployments == nil || state == 0 {
		return nil
	}
	if e.ID < d.began[e.Environment] {
		if state == DeploymentRuns {
			return nil
		}
		state = DeploymentDropped // a newer commit was shown first: this one must not take its place
	}
	next := Deployment{Commit: e.Commit, Environment: e.Environment, State: state, Text: e.Status.Text}
	if d.Link != nil {
		next.URL = d.Link(e)
	}
	err := d.Deployments.SetDeployment(ctx, next)
	if fault, ok := errors.AsType[*Error](err); ok && (fault.Class == Unavailable || fault.Class == Limited) {
		return err
	}
	d.set(&d.deployed, err, "deployments can't be shown", "deployments are shown again")
	if d.began == nil {
		d.began = map[string]int64{}
	}
	d.began[e.Environment] = max(d.began[e.Environment], e.ID)
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
	d.set(&d.health, err, "commit statuses can't be posted, will retry", "commit statuses are posted again")
}

// tellMove says when the repository has another name than the one that is used: the forge sends us on as long as nobody takes the old one. It
// may be called as it was again.
func (d *Delivery) tellMove() {
	if d.Moved == nil {
		return
	}
	var fault error
	if name := d.Moved.MovedTo(); name != "" {
		fault = fmt.Errorf("the repository is called %s by now: write that, and change repository.url", name)
	}
	d.set(&d.moved, fault, "the repository has moved", "the repository is where it was again")
}

// set notes what is wrong, and says it in the log when it is not what was wrong before.
func (d *Delivery) set(at *Health, err error, bad, good string) {
	switch changed := at.Set(err); {
	case changed && err != nil:
		d.log().Error(bad, zap.Error(err))
	case changed:
		d.log().Info(good)
	}
}

func (d *Delivery) log() *zap.Logger {
	if d.Log == nil {
		return zap.NewNop()
	}
	return d.Log
}
