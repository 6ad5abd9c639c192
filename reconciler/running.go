package reconciler

import (
	"context"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/record"
)

// commitOf returns the commit that a gateway group runs: the one that it took last, or the one that its environment was applied at
// since, which may have changed nothing here. Empty: none is known.
func (r *Reconciler) commitOf(environment, group string) string {
	whole, _ := r.past.LastApplied(environment, "")
	own, ok := r.past.LastApplied(environment, group)
	if ok && own.ID > whole.ID {
		return own.Commit
	}
	return whole.Commit
}

// unverified returns the entry by which a group took a commit that its environment was never applied at since: it still owes its
// verification. What was rolled back owes nothing by itself.
func (r *Reconciler) unverified(environment, group string) (record.Entry, bool, error) {
	taken, ok, err := r.taken(environment, group)
	return taken, ok && taken.Reason == "commit", err
}

// taken returns the entry by which a group was given what it has, when its environment was never applied as a whole since. What healing
// wrote over it, and what was found to be there, gave it nothing new.
func (r *Reconciler) taken(environment, group string) (record.Entry, bool, error) {
	whole, _ := r.past.LastApplied(environment, "")
	last, ok := r.past.LastApplied(environment, group)
	if !ok || last.ID < whole.ID {
		return last, false, nil
	}
	if gives(last) {
		return last, true, nil
	}
	entries, err := r.since(environment, group, whole.ID)
	if err != nil {
		return record.Entry{}, false, err
	}
	if i := slices.IndexFunc(entries, gives); i >= 0 {
		return entries[i], true, nil
	}
	return last, false, nil
}

func gives(e record.Entry) bool {
	return e.State == record.Applied && e.Reason != "drift" && e.Reason != "rotation"
}

// isCommit reports whether an entry brings a commit, whole or a step of it.
func isCommit(e record.Entry) bool { return e.Reason == "commit" || e.Reason == canaryReason }

// hasBegun reports whether a group was given something of the commit that its environment was never applied at since.
func (r *Reconciler) hasBegun(w *work, group string) (bool, error) {
	taken, ok, err := r.taken(w.env.Name, group)
	if ok = ok && taken.Commit == w.commit() && isCommit(taken); ok || err != nil {
		return ok, err
	}
	last, _ := r.past.Last(w.env.Name, group)
	whole, _ := r.past.LastApplied(w.env.Name, "")
	return last.ID > whole.ID && last.Commit == w.commit() && isCommit(last) && !isDone(last.State), nil
}

func isDone(state record.State) bool { return state == record.Applied || state == record.Unchanged }

// keeper is the memory for what an environment runs, beside the one for the commit that it waits with.
func (r *Reconciler) keeper(w *work) *memo { return r.memo(w.env.Name + " (applied)") }

// keep holds the groups of a waiting, held or faulty environment each at the commit that it runs: drift is healed to what was applied
// last, not to what has not opened yet.
func (r *Reconciler) keep(ctx context.Context, w *work) outcome {
	m := r.keeper(w)
	looked := time.Now()
	if w.keeping || !m.lost.Swap(false) && !w.again && looked.Sub(m.checked) < r.config.DriftInterval {
		return outcome{}
	}
	m.checked = looked
	var total outcome
	kept := r.kept(w)
	for _, commit := range slices.Sorted(maps.Keys(kept)) {
		one := r.keepAt(ctx, w, commit, kept[commit])
		total.add(outcome{retry: one.retry, err: one.err})
	}
	if total.err != nil {
		m.checked = time.Time{} // nothing was healed: the next pass looks again
	}
	return total
}

// kept lists the groups of an environment by the commit that they run. Those that run the commit of the turn are looked after by
// itself, unless it stands still or a policy denies it since an exception ended.
func (r *Reconciler) kept(w *work) map[string][]string {
	byCommit := map[string][]string{}
	for _, group := range r.groupsOf(w) {
		commit := r.commitOf(w.env.Name, group)
		if commit == "" || commit == w.commit() && !w.denied && !w.standing {
			continue
		}
		byCommit[commit] = append(byCommit[commit], group)
	}
	return byCommit
}

// groupsOf lists the groups that an environment has, or had when it was applied last.
func (r *Reconciler) groupsOf(w *work) []string {
	groups := w.env.Groups()
	if last, ok := r.past.LastApplied(w.env.Name, ""); ok && last.Commit != w.commit() {
		if env, ok := r.environmentAt(w.env.Name, last.Commit); ok {
			groups = slices.Concat(groups, env.env.Groups())
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// environmentAt opens an environment at a commit that the mirror holds, whoever vouches for it.
func (p *Planner) environmentAt(name, commit string) (*work, bool) {
	snapshot, err := p.config.History.At(commit)
	if err != nil {
		p.log.Warn("applied commit is not in the mirror, drift can't be seen", zap.String("env", name), zap.Error(err))
		return nil, false
	}
	tree, err := p.load(snapshot)
	if err != nil {
		return nil, false
	}
	env, ok := tree.Find(name)
	return &work{snapshot: snapshot, tree: tree, env: env}, ok
}

// keepAt holds groups at a commit.
func (r *Reconciler) keepAt(ctx context.Context, w *work, commit string, groups []string) outcome {
	kept, ok := r.environmentAt(w.env.Name, commit)
	if !ok {
		return outcome{}
	}
	kept.env = only(kept.env, groups)
	kept.keeping, kept.again, kept.look, kept.paused, kept.memo = true, w.again, true, w.paused, r.keeper(w)
	kept.memo.commit, kept.memo.state = commit, record.Applied
	return r.visit(ctx, kept, false)
}

// only leaves in an environment the groups that are named.
func only(env environments.Environment, groups []string) environments.Environment {
	var waves [][]string
	for _, wave := range env.Waves {
		left := slices.DeleteFunc(slices.Clone(wave), func(name string) bool { return !slices.Contains(groups, name) })
		if len(left) > 0 {
			waves = append(waves, left)
		}
	}
	env.Waves = waves
	return env
}

// since returns the entries of a group that are newer than one, newest first.
func (r *Reconciler) since(environment, group string, id int64) ([]record.Entry, error) {
	const first = 16
	for limit := first; ; limit *= 4 {
		entries, err := r.past.Entries(record.Filter{Environment: environment, Group: group, Limit: limit})
		if err != nil {
			return nil, err
		}
		old := slices.IndexFunc(entries, func(e record.Entry) bool { return e.ID <= id })
		if old >= 0 {
			return entries[:old], nil
		}
		if len(entries) < limit {
			return entries, nil
		}
	}
}
