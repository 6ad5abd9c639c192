package reconciler

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// board is the status as it is now, for readers in other goroutines. The zero value is an empty board.
type board struct {
	mu     sync.RWMutex
	status Status
	ready  bool // a pass has read the config repo
}

// Status returns the status as it is now. The caller owns the copy.
func (r *Reconciler) Status() Status {
	r.board.mu.RLock()
	defer r.board.mu.RUnlock()
	status := r.board.status
	status.Environments = append([]EnvironmentStatus{}, status.Environments...) // never null in JSON
	for i := range status.Environments {
		status.Environments[i].Groups = slices.Clone(status.Environments[i].Groups)
	}
	return status
}

// Ready reports whether the config repo was read at least once.
func (r *Reconciler) Ready() bool {
	r.board.mu.RLock()
	defer r.board.mu.RUnlock()
	return r.board.ready
}

// begin lays out the environments of a commit. What is known of one is kept; a new one is filled from the past.
func (b *board) begin(head source.Commit, tree environments.Tree, past *record.View) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.status
	b.ready = true
	b.status = Status{Head: head.Hash, Error: before.Error, Environments: []EnvironmentStatus{}}
	now := time.Now()
	for _, env := range tree.Environments {
		known, ok := before.Environment(env.Name)
		if !ok {
			known = fromJournal(env.Name, past)
		}
		if len(env.Waves) > 0 || !tree.Faults.HasErrors() { // else the layout is not known, and what was known stays
			known.Groups, known.After = groupsOf(env, known.Groups, past), env.After
		}
		if known.Target != head.Hash && !busy(known.State) {
			known.enter(head.Hash, record.Queued, now)
			known.Text, known.Detail = "", ""
		}
		b.status.Environments = append(b.status.Environments, known)
	}
}

// waits reports whether a commit is shown as one that waits in an environment.
func (b *board) waits(env, commit string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	shown, ok := b.status.Environment(env)
	return ok && shown.Target == commit && shown.State == string(record.Queued)
}

// busy reports whether a commit is under way, whose state is not to be hidden by a newer one.
func busy(state string) bool {
	return state == string(record.Applying) || state == string(record.Verifying)
}

func fromJournal(env string, past *record.View) EnvironmentStatus {
	status := EnvironmentStatus{Name: env, State: string(record.Queued)}
	last, ok := past.Last(env, "")
	if turn, had := past.LastTurn(env); had && last.State == record.Superseded && (last.CarriedBy == "" || last.CarriedBy == turn.Commit) {
		last = turn
	}
	if ok {
		status.Target, status.State, status.Text, status.Detail = last.Commit, string(last.State), last.Text, last.Error
		status.Since = last.Finished
		if last.State == record.Superseded && last.CarriedBy != "" { // the carrier itself has no entry yet
			status.Target, status.State, status.Text, status.Since = last.CarriedBy, string(cmp.Or(last.Outcome, record.Applying)), "", time.Time{}
		}
	}
	if applied, ok := past.LastApplied(env, ""); ok {
		status.Applied = applied.Commit
	}
	if paused, ok := past.Paused(env); ok {
		status.Paused = pausedText(paused.Reason, paused.By, paused.Until)
	}
	return status
}

func groupsOf(env environments.Environment, known []GroupStatus, past *record.View) []GroupStatus {
	groups := []GroupStatus{}
	at := map[string]int{}
	for i, group := range known {
		at[group.Name] = i
	}
	for wave, names := range env.Waves {
		for _, name := range names {
			i, ok := at[name]
			if ok {
				groups = append(groups, known[i])
			} else {
				groups = append(groups, groupFromJournal(env.Name, name, past))
			}
			groups[len(groups)-1].Wave = wave + 1
		}
	}
	return groups
}

func groupFromJournal(env, name string, past *record.View) GroupStatus {
	group := GroupStatus{Name: name, State: string(record.Queued)}
	if applied, ok := past.LastApplied(env, name); ok {
		group.State, group.Applied, group.Digest = string(applied.State), applied.Commit, applied.Digest
		group.Canary = applied.Text
	}
	return group
}

// setTrouble shows what kept the last pass from its work; nil: nothing did.
func (b *board) setTrouble(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.status.Error = ""; err != nil {
		b.status.Error = err.Error()
	}
}

// change alters one environment under the lock.
func (b *board) change(env string, alter func(*EnvironmentStatus)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.status.Environments {
		if b.status.Environments[i].Name == env {
			alter(&b.status.Environments[i])
		}
	}
}

func (b *board) changeGroup(env, group string, alter func(*GroupStatus)) {
	b.change(env, func(e *EnvironmentStatus) {
		for i := range e.Groups {
			if e.Groups[i].Name == group {
				alter(&e.Groups[i])
			}
		}
	})
}

// setEnvironment shows the state of a commit; one that ends well is the one that runs, in every group.
func (b *board) setEnvironment(env, commit string, state record.State, text, detail string) {
	b.change(env, func(e *EnvironmentStatus) {
		e.enter(commit, state, time.Now())
		e.Text, e.Detail = text, detail
		if state != record.Applied && state != record.Unchanged {
			return
		}
		e.Applied = commit
		for i := range e.Groups {
			e.Groups[i].Applied = commit
		}
	})
}

// setGroup shows a group that is as desired. What is ignored is known where live was read.
func (b *board) setGroup(w *work, p *groupPlan) {
	b.changeGroup(w.env.Name, p.group.Name, func(g *GroupStatus) {
		g.State, g.Applied, g.Digest, g.Drift, g.Error = string(record.Applied), w.commit(), p.digest, 0, ""
		g.Canary = w.step[p.group.Name]
		if p.foreign != nil {
			g.Ignored = p.ignored
		}
	})
}

// setRunning shows which commit a group runs, where nothing was written to it.
func (b *board) setRunning(env, group, commit string) {
	b.changeGroup(env, group, func(g *GroupStatus) { g.Applied = commit })
}

func (b *board) clearGroupError(env, group string) {
	b.changeGroup(env, group, func(g *GroupStatus) { g.Error = "" })
}

func (b *board) setGroupState(env, group string, state record.State) {
	b.changeGroup(env, group, func(g *GroupStatus) { g.State = string(state) })
}

func (b *board) setGroupError(env, group string, err error) {
	b.changeGroup(env, group, func(g *GroupStatus) { g.Error = err.Error() })
}

func (b *board) setDrift(env, group string, resources int) {
	b.changeGroup(env, group, func(g *GroupStatus) { g.Drift, g.Error = resources, "" })
}
