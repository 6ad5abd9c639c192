package reconciler

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// outcome is what a pass, or one environment in it, leaves for the loop.
type outcome struct {
	retry     bool      // trouble that may pass by itself
	moved     bool      // a newer commit is there
	more      bool      // another commit waits for its turn
	verifying bool      // a wave is being verified
	wake      time.Time // when a window opens; zero: nobody waits for one
	err       error     // the journal can't be written: nothing may go on
}

// add joins what another environment leaves.
func (o *outcome) add(one outcome) {
	o.retry = o.retry || one.retry
	o.moved = o.moved || one.moved
	o.more = o.more || one.more
	o.verifying = o.verifying || one.verifying
	if o.wake.IsZero() || !one.wake.IsZero() && one.wake.Before(o.wake) {
		o.wake = one.wake
	}
	if o.err == nil {
		o.err = one.err
	}
}

// soonest returns the wait until the loop must look again: so long, or until a window opens. Zero is the usual interval.
func (o outcome) soonest(wait time.Duration) time.Duration {
	if o.wake.IsZero() {
		return wait
	}
	opens := max(time.Until(o.wake), time.Millisecond)
	if wait == 0 {
		return opens
	}
	return min(wait, opens)
}

// memo is what the reconciler remembers of an environment between passes. It is touched by the goroutine that has the
// environment in the pass, and by no other.
type memo struct {
	commit  string       // the commit that state speaks of
	state   record.State // "" before the first pass
	applied string       // the newest commit that was applied, or changed nothing
	retry   bool         // the state may mend by itself
	turn    string       // the commit that the last turn was for
	checked time.Time    // when live was last compared

	shut    bool   // the commit may not be begun yet
	asked   string // the commit that somebody asked to be tried again, until it has come to an end
	carried string // the commit that has closed what it jumps over

	verification *verification   // of a wave; nil: none runs, and none is to be looked at
	verified     progress        // how far a commit has come
	stepped      stepped         // the last step of a canary whose time has passed
	preempted    bool            // the commit takes the place of one that was under way: it is verified to its end
	passing      map[string]bool // newest commits that went by while the environment waited
	back         *rollback       // what is to be put back; nil: nothing

	lost  atomic.Bool // a group may no longer have what it was given
	again atomic.Bool // try again what failed or is held

	mu     sync.Mutex         // guards the maps: the groups of a wave go side by side
	failed map[string]refusal // by group: the plan that the gateway refused
	seen   map[string]sight   // by group: what was seen live at checked, or after
}

// ended forgets what concerns a commit on its way: it has come to its end.
func (m *memo) ended() {
	m.preempted, m.passing, m.asked, m.verified, m.stepped = false, nil, "", progress{}, stepped{}
}

// closed remembers what a commit came to.
func (m *memo) closed(commit string, state record.State) {
	m.commit, m.state, m.retry = commit, state, false
	if state == record.Applied || state == record.Unchanged {
		m.applied = commit
	}
	m.ended()
}

// underway returns the commit that the last turn was for, when that has not come to its end; "" when it has.
func (m *memo) underway() string {
	switch {
	case m.back != nil:
		return m.back.entry.Commit
	case m.commit == m.turn && m.state.Final() && !m.retry:
		return ""
	}
	return m.turn
}

// refusal is a plan that the gateway refused, and its words.
type refusal struct {
	attempt string // see Planner.attempt
	err     error
	until   time.Time // from then on it is tried again; zero: only when somebody asks for it
}

// refused remembers a plan that the gateway refused; the zero refusal forgets the last one.
func (m *memo) refused(group string, last refusal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed[group] = last
}

// refusalOf returns why the gateway refused this plan before, or nil when it didn't or may be asked again.
func (m *memo) refusalOf(group, attempt string, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := m.failed[group]
	if last.attempt != attempt || !last.until.IsZero() && !now.Before(last.until) {
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
			memo := r.memo(env.Name)
			w := &work{snapshot: snapshot, tree: tree, env: env, memo: memo, again: memo.again.Swap(false) || again}
			w.awaitTurns(turns)
			one := r.turnOf(ctx, w)
			mu.Lock()
			defer mu.Unlock()
			total.add(one)
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
