package reconciler

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/record"
)

// turnOf runs one environment, or keeps it waiting, and heals what it runs meanwhile. The work that comes in is for the newest commit;
// which one the turn is for is found here.
func (r *Reconciler) turnOf(ctx context.Context, w *work) outcome {
	if ctx.Err() != nil {
		return outcome{}
	}
	out := r.turnAt(ctx, w)
	if out.err == nil && ctx.Err() == nil {
		out.err = r.showEnds(w.env.Name, w.memo.underway())
	}
	return out
}

func (r *Reconciler) turnAt(ctx context.Context, w *work) outcome {
	w.head, w.newest, w.every = w.env, true, every(w.tree, w.env.Name, map[string]bool{})
	r.showPause(w)
	if err := r.openRollback(w.env.Name); err != nil {
		return outcome{err: err}
	}
	if w.memo.back != nil {
		return r.rollBack(r.config.Tracer.Commit(ctx, w.memo.back.entry.Commit), w)
	}
	next := r.target(w)
	w, err := r.aimAt(w, next)
	if err != nil {
		r.log.Warn("commit can't be read", zap.String("env", w.env.Name), zap.String("commit", next.commit), zap.Error(err))
		return outcome{retry: true}
	}
	w.memo.turn = w.commit()
	r.preempt(w)
	if next.waits != "" {
		return r.waitInLine(ctx, w, next.waits)
	}
	if w.memo.commit != w.commit() && r.overtaken(ctx, w) {
		r.passBy(w)
		r.tell(w, record.Queued, "a newer commit is there")
		return outcome{moved: true}
	}
	out := r.environment(ctx, w)
	r.showAgain(w)
	w.memo.retry = w.memo.retry || out.err != nil
	out.more = out.more || !w.newest && w.memo.commit == w.commit() && w.memo.state.Final()
	return out
}

// showAgain shows what the commit came to, where it was laid out as one that waits though there is nothing to do for it: the branch was at
// another commit for a moment, which never had its turn here.
func (r *Reconciler) showAgain(w *work) {
	if w.memo.commit != w.commit() || !w.memo.state.Final() || !r.board.waits(w.env.Name, w.commit()) {
		return
	}
	if last, ok := r.past.LastTurn(w.env.Name); ok && last.Commit == w.commit() {
		r.board.setEnvironment(w.env.Name, w.commit(), last.State, last.Text, last.Error)
	}
}

// aim is the commit that a turn is for.
type aim struct {
	commit string
	waits  string // why its turn has not come; empty: it has
	early  bool   // newer commits have gone by so often that it has its turn now
}

// target chooses the commit: the one that is under way, unless a newer one may take its place, or the next in the queue.
func (r *Reconciler) target(w *work) aim {
	v := w.memo.verification
	if v == nil {
		return r.next(w)
	}
	under := aim{commit: v.commit}
	switch {
	case v.commit == w.commit():
		return under
	case r.lost(v.commit):
		return r.next(w)
	case (v.step > 0 || !w.every && !v.ended()) && r.reverts(w):
		return aim{commit: w.commit()}
	case v.ended() && !v.hasHeldStep():
		return under
	case w.memo.preempted || w.hasFaults() || w.every || w.paused || r.isShut(w):
		return under
	}
	next := r.next(w)
	if next.waits != "" {
		return under // nothing newer could take its place yet
	}
	return next
}

// reverts reports whether the newest commit asks only for what was verified before, and may have its turn: nothing is worth waiting for then.
func (r *Reconciler) reverts(w *work) bool {
	if w.hasFaults() || w.paused || r.waitsFor(w, w.commit()) != "" || r.isShut(w) && w.rolloutNow().Reverts == environments.Windows {
		return false
	}
	desired, faults := r.desired(w)
	for group, state := range desired {
		if _, ok := r.past.Verified(w.env.Name, group, state.Digest()); !ok {
			return false
		}
	}
	return !faults.HasErrors() && len(desired) > 0
}

// lost reports whether the branch no longer leads over a commit.
func (r *Reconciler) lost(commit string) bool {
	_, on, err := r.onBranch(commit)
	return err == nil && !on
}

// preempt ends the verification of another commit than the one whose turn it is. The one that takes its place is verified to its end:
// else a steady stream of commits would be verified never.
func (r *Reconciler) preempt(w *work) {
	v := w.memo.verification
	if v == nil || v.commit == w.commit() {
		return
	}
	v.stop()
	w.memo.verification, w.memo.preempted = nil, true
	r.log.Info("a newer commit takes the place of one that was being verified", zap.String("env", w.env.Name),
		zap.String("commit", w.snapshot.Commit.Short()), zap.String("before", v.commit))
}

// aimAt turns the work for the newest commit into that for the chosen one.
func (r *Reconciler) aimAt(w *work, next aim) (*work, error) {
	if next.commit == w.commit() {
		return w, nil
	}
	snapshot, err := r.config.History.At(next.commit)
	if err != nil {
		return w, err
	}
	tree, err := r.trustedLayout(snapshot)
	if err != nil {
		return w, err
	}
	env, ok := tree.Find(w.env.Name)
	switch {
	case ok:
	case tree.Faults.HasErrors(): // its turn says so
		env.Name = w.env.Name
	default:
		return w, fmt.Errorf("commit %s has no environment %q", snapshot.Commit.Short(), w.env.Name)
	}
	return &work{snapshot: snapshot, tree: tree, env: env, head: w.head, memo: w.memo, again: w.again, early: next.early, every: w.every, paused: w.paused}, nil
}

// overtaken reports whether a newer commit takes the place of this one before it is begun. One that has waited its turn, or that took the
// place of another, is not overtaken.
func (r *Reconciler) overtaken(ctx context.Context, w *work) bool {
	if !w.newest || w.memo.preempted || r.starves(w) || w.every {
		return false
	}
	return r.moved(ctx, w)
}

// mayFollow reports whether the newest commit could take the place of this one at once. What could not is no reason to leave an
// environment half-way: it would stand so until a stage or a window opens, or a fault is mended.
func (r *Reconciler) mayFollow(ctx context.Context, w *work) bool {
	if len(w.env.After) > 0 || w.paused || r.isShut(w) {
		return false
	}
	snapshot, err := r.config.Source.Latest(ctx)
	if err != nil {
		return false
	}
	tree, err := r.trustedLayout(snapshot)
	if err != nil {
		return false
	}
	env, ok := tree.Find(w.env.Name)
	newest := &work{snapshot: snapshot, tree: tree, env: env, head: env}
	if !ok || len(env.After) > 0 || newest.hasFaults() || r.isShut(newest) {
		return false
	}
	_, faults := r.desired(newest)
	return !faults.HasErrors()
}

// moved reports whether the branch has moved on. A remote that does not answer has not, nor has one whose newest commit can't be fetched.
func (r *Reconciler) moved(ctx context.Context, w *work) bool {
	if r.unfetched {
		return false
	}
	head, err := r.config.Source.Head(ctx)
	return err == nil && head != w.commit()
}
