package reconciler

import (
	"context"
	"errors"
	"sync"

	"github.com/sluice-gitops/sluice/trace"
	"github.com/sluice-gitops/sluice/verify"
)

// verification is one wave of a commit that is being verified. What it came to may be read once done is closed.
type verification struct {
	commit string
	wave   int
	step   int    // of the canary that the wave stands at; 0: the wave has taken the commit
	text   string // the step in words
	cancel context.CancelFunc
	done   chan struct{}
	report verify.Report
	cut    bool // its context ended before it did: the report says nothing
}

// ended reports whether the verification has come to its end.
func (v *verification) ended() bool {
	select {
	case <-v.done:
		return true
	default:
		return false
	}
}

// stop cuts the verification off, and returns when it tells nothing any more.
func (v *verification) stop() {
	v.cancel()
	<-v.done
}

// verifications are those that run now. The zero value holds none; it is safe for use by several goroutines at once.
type verifications struct {
	mu   sync.Mutex
	open map[*verification]bool
}

func (all *verifications) add(v *verification) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.open == nil {
		all.open = map[*verification]bool{}
	}
	all.open[v] = true
}

func (all *verifications) remove(v *verification) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.open, v)
}

// any returns one that runs, or nil.
func (all *verifications) any() *verification {
	all.mu.Lock()
	defer all.mu.Unlock()
	for v := range all.open {
		return v
	}
	return nil
}

// wait returns when none runs, or with the error of ctx.
func (all *verifications) wait(ctx context.Context) error {
	for v := all.any(); v != nil; v = all.any() {
		select {
		case <-v.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Settled returns when no verification runs in the background any more, or with the error of ctx. What they came to is for the next
// pass to act on.
func (r *Reconciler) Settled(ctx context.Context) error { return r.verifying.wait(ctx) }

// startVerifying verifies a wave in the background. Its end wakes Run.
func (r *Reconciler) startVerifying(ctx context.Context, commit string, at int, wave verify.Wave, tell func(text string)) *verification {
	ctx, cancel := context.WithCancel(ctx)
	ctx, verified := r.stage(ctx, StageVerify, wave.Environment.Name, trace.String("env", wave.Environment.Name), trace.Int("wave", at+1))
	v := &verification{commit: commit, wave: at, cancel: cancel, done: make(chan struct{})}
	r.verifying.add(v)
	go func() {
		defer cancel()
		v.report = r.config.Verifier.Verify(ctx, wave, func(text string) {
			if ctx.Err() == nil {
				tell(text)
			}
		})
		v.cut = ctx.Err() != nil
		verified(unheld(v.report, v.cut))
		close(v.done)
		r.verifying.remove(v)
		r.wakeUp()
	}()
	return v
}

// unheld is a verification that did not end well, as an error for those who watch.
func unheld(report verify.Report, cut bool) error {
	if cut {
		return context.Canceled
	}
	if check, failed := report.Failed(); failed {
		return errors.New(checkText(check))
	}
	return nil
}
