package reconciler

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// outcome is what a pass, or one environment in it, leaves for the loop.
type outcome struct {
	retry bool  // trouble that may pass by itself
	moved bool  // a newer commit is there
	err   error // the journal can't be written: nothing may go on
}

// memo is what the reconciler remembers of an environment between passes. It is touched by the goroutine that has the
// environment in the pass, and by no other.
type memo struct {
	commit  string             // the commit that state speaks of
	state   record.State       // "" before the first pass
	applied string             // the newest commit that was applied, or changed nothing
	retry   bool               // the state may mend by itself
	checked time.Time          // when live was last compared
	mu      sync.Mutex         // guards the maps: the groups of a wave go side by side
	failed  map[string]refusal // by group: the plan that the gateway refused
	seen    map[string]sight   // by group: what was seen live at checked, or after
}

// refusal is a plan that the gateway refused, and its words.
type refusal struct {
	digest string
	err    error
	until  time.Time // from then on it is tried again; zero: only when somebody asks for it
}

// refused remembers a plan that the gateway refused; the zero refusal forgets the last one.
func (m *memo) refused(group string, last refusal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed[group] = last
}

// refusalOf returns why the gateway refused this plan before, or nil when it didn't or may be asked again.
func (m *memo) refusalOf(group, digest string, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := m.failed[group]
	if last.digest != digest || !last.until.IsZero() && !now.Before(last.until) {
		return nil
	}
	return last.err
}

// done reports whether the commit was applied, so that the environments after this one may open. Trouble that came later, as with
// drift, takes nothing back.
func (m *memo) done(commit string) bool { return m.applied == commit }

// stages gives every environment its turn: those without an open dependency side by side, the others as soon as what they come
// after is done.
func (r *Reconciler) stages(ctx context.Context, snapshot source.Snapshot, tree environments.Tree, again bool) (outcome, error) {
	turns := map[string]chan struct{}{}
	for _, env := range tree.Environments {
		turns[env.Name] = make(chan struct{})
		r.recall(env.Name, snapshot.Commit.Hash)
	}
	var (
		running sync.WaitGroup
		mu      sync.Mutex
		total   outcome
	)
	for _, env := range tree.Environments {
		running.Go(func() {
			defer close(turns[env.Name])
			w := &work{snapshot: snapshot, tree: tree, env: env, memo: r.memo(env.Name), again: again}
			w.awaitTurns(turns)
			one := r.turnOf(ctx, w)
			mu.Lock()
			defer mu.Unlock()
			total.retry = total.retry || one.retry
			total.moved = total.moved || one.moved
			if total.err == nil {
				total.err = one.err
			}
		})
	}
	running.Wait()
	return total, total.err
}

// awaitTurns waits for the environments that this one comes after. One with faults waits for nobody: its faults may be that it
// comes after itself.
func (w *work) awaitTurns(turns map[string]chan struct{}) {
	if w.hasFaults() {
		return
	}
	for _, before := range w.env.After {
		if turn, known := turns[before]; known {
			<-turn
		}
	}
}

// hasFaults reports whether the layout itself forbids the environment at this commit.
func (w *work) hasFaults() bool { return w.tree.Faults.HasErrors() || w.env.Faults.HasErrors() }

func (r *Reconciler) memo(environment string) *memo {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, ok := r.memos[environment]
	if !ok {
		m = &memo{failed: map[string]refusal{}, seen: map[string]sight{}}
		r.memos[environment] = m
	}
	return m
}

// turnOf runs one environment, or keeps it waiting, and heals what it runs meanwhile.
func (r *Reconciler) turnOf(ctx context.Context, w *work) outcome {
	if ctx.Err() != nil {
		return outcome{}
	}
	if before := r.waitsFor(w); before != "" && !w.hasFaults() {
		r.tell(w, record.Queued, fmt.Sprintf("waits for %s, which is %s", before, r.stateOf(before, w.commit())))
		return r.keep(ctx, w)
	}
	if w.memo.commit != w.commit() && r.moved(ctx, w) {
		r.tell(w, record.Queued, "a newer commit is there")
		return outcome{moved: true}
	}
	return r.environment(ctx, w)
}

// waitsFor names the first environment that must be done with this commit before, or "".
func (r *Reconciler) waitsFor(w *work) string {
	for _, before := range w.env.After {
		if !r.memo(before).done(w.commit()) {
			return before
		}
	}
	return ""
}

func (r *Reconciler) stateOf(environment, commit string) record.State {
	if m := r.memo(environment); m.commit == commit && m.state != "" {
		return m.state
	}
	return record.Queued
}

// moved reports whether the branch has moved on. A remote that does not answer has not.
func (r *Reconciler) moved(ctx context.Context, w *work) bool {
	head, err := r.config.Source.Head(ctx)
	return err == nil && head != w.commit()
}
