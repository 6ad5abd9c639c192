package reconciler

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// Reconciler carries commits to the gateway groups. Make one with New; one pass runs at a time. Status may be called from
// any goroutine.
type Reconciler struct {
	*Planner
	board board
	again atomic.Bool // try again what failed or is held

	last      *source.Snapshot // the newest commit that was read; owned by the pass
	unfetched bool             // the newest commit could not be read: last may be an older one; owned by the pass
	closedAt  closing          // the newest commit at which every commit that nothing more comes of was given its end; owned by the pass

	shown     shown
	endings   endings
	written   beingWritten
	verifying verifications
	wake      chan struct{} // speaks when a verification has ended

	mu      sync.Mutex
	memos   map[string]*memo
	backoff time.Duration
	turn    chan struct{} // holds a token while a pass runs
}

// New returns a Reconciler that has done nothing yet. It closes the entries that a killed daemon left open in the journal.
func New(config Config) (*Reconciler, error) {
	if config.DriftInterval == 0 {
		config.DriftInterval = DefaultDriftInterval
	}
	if config.Pulse == 0 {
		config.Pulse = DefaultPulse
	}
	r := &Reconciler{
		Planner: NewPlanner(config, config.Journal.View), memos: map[string]*memo{}, turn: make(chan struct{}, 1),
		wake: make(chan struct{}, 1),
	}
	r.writes = true
	if err := r.closeInterrupted(); err != nil {
		return nil, fmt.Errorf("close interrupted journal entries: %w", err)
	}
	return r, nil
}

// Retry asks for what failed or is held to be tried again in the next pass. It does not start one.
func (r *Reconciler) Retry() { r.again.Store(true) }

// RetryIn asks for the same in one environment.
func (r *Reconciler) RetryIn(environment string) { r.memo(environment).again.Store(true) }

// Look asks for what every group has live to be read in the next pass, as it is at the drift interval: what failed, is held or was rolled
// back stays so. It does not start a pass.
func (r *Reconciler) Look() {
	for _, m := range r.allMemos() {
		m.lost.Store(true)
	}
}

// Pass is what one pass leaves behind.
type Pass struct {
	// Next is when to look again though nothing nudges; zero means the usual interval.
	Next time.Duration
	// Verifying says that a wave is being verified in the background; the next pass goes on when it has ended (Settled).
	Verifying bool
}

// The bounds of the wait after trouble that may pass by itself.
const (
	firstBackoff   = time.Second
	longestBackoff = time.Minute
)

// Once runs one pass over the newest commit. A verification that it starts goes on after it has returned, until ctx ends. The error says that the config repo could not be read or the journal not be
// written; what is wrong in an environment is in Status and in the journal.
func (r *Reconciler) Once(ctx context.Context) (Pass, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return Pass{}, ctx.Err()
	}
	var pass outcome
	began := time.Now()
	err := r.finishOpen(func(record.Entry) bool { return true })
	if err == nil {
		pass, err = r.once(ctx)
	}
	r.took(StagePass, "", began, err)
	r.board.setTrouble(err)
	next := r.nextWait(err != nil || pass.retry, pass.moved || pass.more)
	if pass.retry {
		r.board.setRetry(time.Now().Add(next))
	}
	return Pass{Next: pass.soonest(next), Verifying: pass.verifying}, err
}

func (r *Reconciler) once(ctx context.Context) (outcome, error) {
	snapshot, err := r.config.Source.Latest(ctx)
	if r.unfetched = err != nil; r.unfetched {
		return r.goOn(ctx), fmt.Errorf("read the config repo: %w", err)
	}
	tree, err := r.layout(ctx, snapshot)
	if err != nil {
		return outcome{}, err
	}
	r.board.begin(snapshot.Commit, tree, r.past)
	if err := r.closeLoose(snapshot, tree); err != nil {
		return outcome{}, err
	}
	return r.stages(ctx, snapshot, tree, r.again.Swap(false))
}

// goOn looks after the commit that is known while the config repo is out of reach: drift is healed, trouble is tried again.
func (r *Reconciler) goOn(ctx context.Context) outcome {
	if ctx.Err() != nil || r.last == nil && !r.remember() {
		return outcome{}
	}
	tree, err := r.trustedLayout(*r.last)
	if err != nil {
		return outcome{}
	}
	r.board.begin(r.last.Commit, tree, r.past)
	pass, err := r.stages(ctx, *r.last, tree, r.again.Swap(false))
	if err != nil {
		r.log.Error("journal can't be written", zap.Error(err))
	}
	return pass
}

// newestEntries is how far back the journal is asked for the newest commit.
const newestEntries = 100

// remember takes the newest commit that the journal speaks of from the mirror: after a restart nothing else knows it while the
// remote does not answer.
func (r *Reconciler) remember() bool {
	entries, err := r.past.Entries(record.Filter{Limit: newestEntries})
	if err != nil {
		return false
	}
	for _, entry := range entries {
		if entry.State == record.Superseded {
			continue
		}
		snapshot, err := r.config.History.At(r.newestOpen(entry.Commit))
		if err != nil {
			return false
		}
		r.last = &snapshot
		return true
	}
	return false
}

// newestOpen returns the last of the commits that come after one, as far as the journal names them in statuses: what waits for a window or a pause
// has no entry yet, and it may be what says that nothing is to be begun.
func (r *Reconciler) newestOpen(commit string) string {
	for _, env := range r.past.Environments() {
		for _, open := range r.past.OpenIn(env) {
			if _, err := r.config.History.Ancestor(commit, open); err == nil {
				commit = open
			}
		}
	}
	return commit
}

// nextWait doubles the wait while trouble lasts.
func (r *Reconciler) nextWait(trouble, moved bool) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case moved:
		return time.Millisecond
	case trouble:
		r.backoff = min(max(2*r.backoff, firstBackoff), longestBackoff)
		return r.backoff
	}
	r.backoff = 0
	return 0
}

// Run runs a pass at once, then one for each nudge, one for each verification that has ended, and one each drift interval, until ctx
// ends. Nudges that come during a pass become one more pass: at most one runs and one waits.
func (r *Reconciler) Run(ctx context.Context, nudges <-chan struct{}) error {
	defer r.verifying.wait(context.WithoutCancel(ctx)) // they end with ctx
	var pulse sync.WaitGroup
	defer pulse.Wait()
	if r.config.Pulse > 0 {
		pulse.Go(func() { r.pulse(ctx) })
	}
	var told time.Time
	for {
		pass, err := r.Once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		told = r.tellStopped(err, pass.Next, told)
		wait := r.config.DriftInterval
		if pass.Next > 0 {
			wait = min(wait, pass.Next)
		}
		if !r.waitFor(ctx, nudges, wait) {
			return nil
		}
	}
}

// tellStopped says in the log what has stopped a pass, and returns when that was said last. While the trouble lasts, nudges bring many
// passes that stop: it is said again no sooner than after the wait, which grows.
func (r *Reconciler) tellStopped(err error, wait time.Duration, told time.Time) time.Time {
	if err == nil {
		return time.Time{}
	}
	now := time.Now()
	if !told.IsZero() && now.Sub(told) < wait {
		return told
	}
	r.log.Warn("pass stopped, will retry", zap.Error(err), zap.Duration("within", wait))
	return now
}

// waitFor returns after a nudge, the end of a verification or the wait, and false when ctx has ended.
func (r *Reconciler) waitFor(ctx context.Context, nudges <-chan struct{}, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-nudges:
	case <-r.wake:
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	drain(nudges)
	drain(r.wake)
	return ctx.Err() == nil
}

// drain takes what waits: one pass serves all who have asked for it.
func drain(asked <-chan struct{}) {
	select {
	case <-asked:
	default:
	}
}
