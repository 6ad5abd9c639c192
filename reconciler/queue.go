package reconciler

import (
	"context"
	"fmt"
	"slices"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// next returns the commit whose turn it is by the queue. The work is for the newest commit.
func (r *Reconciler) next(w *work) aim {
	if w.hasFaults() {
		return aim{commit: w.commit()}
	}
	if w.every {
		commit := r.nextInLine(w)
		return aim{commit: commit, waits: r.waitsFor(w, commit)}
	}
	waits := r.waitsFor(w, w.commit())
	if waits == "" {
		return aim{commit: w.commit()}
	}
	if commit := r.earlier(w); commit != "" {
		return aim{commit: commit, early: true}
	}
	return aim{commit: w.commit(), waits: waits}
}

// waitsFor says what stands between an environment and a commit: the first environment before it that has not applied it. Empty: nothing.
func (r *Reconciler) waitsFor(w *work, commit string) string {
	for _, before := range w.head.After {
		if !r.hasDone(before, commit) {
			return fmt.Sprintf("waits for %s, which is %s", before, r.stateOf(before, commit))
		}
	}
	return ""
}

// hasDone reports whether an environment was applied and verified at a commit. Trouble that came later takes nothing back.
func (r *Reconciler) hasDone(environment, commit string) bool {
	return r.memo(environment).done(commit) || r.past.WasDone(environment, commit)
}

func (r *Reconciler) stateOf(environment, commit string) record.State {
	if m := r.memo(environment); m.commit == commit && m.state != "" {
		return m.state
	}
	if last, ok := r.past.LastTurn(environment); ok && last.Commit == commit && last.State.Final() {
		return last.State
	}
	return record.Queued
}

// waitInLine keeps an environment whose turn has not come at what it runs.
func (r *Reconciler) waitInLine(ctx context.Context, w *work, waits string) outcome {
	r.passBy(w)
	r.tell(w, record.Queued, waits)
	return r.keep(ctx, w)
}

// passBy counts the newest commits that an environment has waited with.
func (r *Reconciler) passBy(w *work) {
	if w.memo.passing == nil {
		w.memo.passing = map[string]bool{}
	}
	w.memo.passing[w.commit()] = true
}

// mostPassing is how often newer commits may pass an environment over before it takes one that is ready.
const mostPassing = 3

// starves reports whether so many newest commits have gone by that the environment takes what it can get.
func (r *Reconciler) starves(w *work) bool { return w.early || len(w.memo.passing) > mostPassing }

// earlier returns the newest commit before the head that every environment before this one was applied at, when this one has waited
// long enough. It is empty when there is none, and when the head brings back what runs: a revert is on its way.
func (r *Reconciler) earlier(w *work) string {
	if !r.starves(w) || r.bringsBack(w) {
		return ""
	}
	for _, commit := range r.past.Loose(w.env.Name, jumpedOver) {
		if commit == w.commit() || r.waitsFor(w, commit) != "" {
			continue
		}
		if _, on, err := r.onBranch(commit); err == nil && on && r.knows(w, commit) {
			return commit
		}
	}
	return ""
}

// bringsBack reports whether the newest commit asks for just what the groups run.
func (r *Reconciler) bringsBack(w *work) bool {
	desired, faults := r.desired(w)
	if faults.HasErrors() {
		return false
	}
	for group, state := range desired {
		last, ok := r.past.LastApplied(w.env.Name, group)
		if !ok || last.Digest != state.Digest() {
			return false
		}
	}
	return true
}

// knows reports whether a commit has the environment. One that nobody vouches for is not looked at: its turn says so.
func (r *Reconciler) knows(w *work, commit string) bool {
	if r.config.Trust != nil && r.config.Trust(commit) != nil {
		return true
	}
	_, ok := r.environmentAt(w.env.Name, commit)
	return ok
}

// every reports whether an environment takes each commit in its turn: it says so, or one that comes after it does.
func every(tree environments.Tree, name string, seen map[string]bool) bool {
	env, ok := tree.Find(name)
	if !ok || seen[name] {
		return false
	}
	seen[name] = true
	if env.Rollout != nil && env.Rollout.Queue == environments.Every {
		return true
	}
	return slices.ContainsFunc(tree.Environments, func(after environments.Environment) bool {
		return slices.Contains(after.After, name) && every(tree, after.Name, seen)
	})
}

// nextInLine returns the oldest commit of the branch that has no end in the environment yet, or the newest commit when all have. The line
// begins behind the last turn; where there was none, with the first commit that the environment was to take.
func (r *Reconciler) nextInLine(w *work) string {
	if last, ok := r.past.LastTurn(w.env.Name); ok {
		return r.nextAfter(w, last.Commit)
	}
	first := r.firstInLine(w)
	if r.waitsForTurn(w, first) {
		return first
	}
	return r.nextAfter(w, first)
}

// firstInLine returns the commit of the branch that an environment without a turn was to take first: the newest one, unless it has waited
// with others before, of which the oldest counts. The journal names them where statuses are shown, and else the memory knows the last.
func (r *Reconciler) firstInLine(w *work) string {
	waited := r.past.OpenIn(w.env.Name)
	slices.Reverse(waited)
	if w.memo.turn != "" {
		waited = append(waited, w.memo.turn)
	}
	first, later := w.commit(), map[string]bool{}
	for _, commit := range waited {
		if later[commit] {
			continue
		}
		if _, on, err := r.onBranch(commit); err != nil || !on {
			continue
		}
		after, err := r.after(commit)
		if err != nil {
			return first
		}
		first, later = commit, after // a remote that lags shows an older commit after a newer one
	}
	return first
}

// nextAfter returns the oldest commit of the branch after one that has no end in the environment yet and may still get one, or the newest
// commit.
func (r *Reconciler) nextAfter(w *work, from string) string {
	for _, commit := range slices.Backward(r.line(from, w.commit())) {
		if r.waitsForTurn(w, commit) {
			return commit
		}
	}
	return w.commit()
}

// waitsForTurn reports whether a commit has no end in an environment yet, and may still get one.
func (r *Reconciler) waitsForTurn(w *work, commit string) bool {
	return !r.past.HasEnd(w.env.Name, commit) && !r.stoppedBefore(w, commit) && r.knows(w, commit) && !r.passedBefore(w, commit)
}

// stoppedBefore reports whether a commit has come to an end in an environment before this one, and was not applied there: it never comes
// this far.
func (r *Reconciler) stoppedBefore(w *work, commit string) bool {
	return slices.ContainsFunc(w.head.After, func(before string) bool {
		return r.past.HasEnd(before, commit) && !r.hasDone(before, commit)
	})
}

// passedBefore reports whether a commit never has a turn in an environment before this one: the environment came to the config repo later
// than the commit, or has had a turn for what came after it. The commit that this environment takes next carries it.
func (r *Reconciler) passedBefore(w *work, commit string) bool {
	return commit != w.commit() && slices.ContainsFunc(w.head.After, func(before string) bool {
		return !r.hasDone(before, commit) && !r.past.HasEnd(before, commit) && !r.mayCome(w, before, commit)
	})
}

// mayCome reports whether a commit without an end in an environment may still get its turn there.
func (r *Reconciler) mayCome(w *work, environment, commit string) bool {
	if !r.had(environment, commit) {
		return false
	}
	last, ok := r.past.LastTurn(environment)
	return !ok || last.Commit == commit || slices.Contains(r.line(last.Commit, w.commit()), commit)
}

// line returns the commits of the branch after one, newest first: from each merge the first parent counts, which is what the branch was
// at before it.
func (r *Reconciler) line(from, head string) []string {
	if from == head {
		return nil
	}
	commits, err := r.config.History.Log(from, head, 0)
	if err != nil {
		r.log.Warn("history of the branch can't be read", zap.Error(err))
		return nil
	}
	known := map[string]source.Commit{}
	for _, commit := range commits {
		known[commit.Hash] = commit
	}
	var line []string
	for at, ok := known[head]; ok; at, ok = known[at.Parents[0]] {
		line = append(line, at.Hash)
		if len(at.Parents) == 0 {
			break
		}
	}
	return line
}
