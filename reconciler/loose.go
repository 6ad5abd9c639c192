package reconciler

import (
	"errors"
	"fmt"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// closeLoose gives an end to every commit that the journal names and that has none in an environment though nothing more comes of it
// there: the environment has ended with a later one, or the branch was rewritten without it. A crash or a full disk may have swallowed
// what was to be noted, and a remote that lags shows commits late, so that each new head is asked for all of them, and the first pass too, and so is each commit that an environment is the first to name.
func (r *Reconciler) closeLoose(snapshot source.Snapshot, tree environments.Tree) error {
	at := closing{snapshot.Commit.Hash, r.past.Named()}
	if r.closedAt == at {
		return nil
	}
	whole := true
	for _, env := range tree.Environments {
		if err := r.openRollback(env.Name); err != nil {
			return err
		}
		err := r.closeLooseIn(env.Name)
		if unread := (*unreadError)(nil); errors.As(err, &unread) {
			r.log.Warn("history can't be read, commits stay without an end", zap.String("env", env.Name), zap.Error(err))
			whole = false
		} else if err != nil {
			return err
		}
	}
	if err := r.closeGone(tree); err != nil {
		return err
	}
	if whole {
		r.closedAt = at
	}
	return nil
}

// closing is what loose commits were last looked for by: the head, and how many commits the journal named.
type closing struct {
	head  string
	named int
}

// unreadError says that the history of the branch could not be read.
type unreadError struct{ err error }

func (e *unreadError) Error() string { return e.err.Error() }
func (e *unreadError) Unwrap() error { return e.err }

func (r *Reconciler) closeLooseIn(env string) error {
	for _, closes := range []func(env string) error{r.closeLost, r.closeBefore, r.carryReturned} {
		if err := closes(env); err != nil {
			return err
		}
	}
	return nil
}

// carryReturned takes back the end of the commits that the branch had lost and leads over again: a remote that lags shows an older branch for
// a while. The newest commit carries them; what it comes to is theirs.
func (r *Reconciler) carryReturned(env string) error {
	head := r.last.Commit
	for _, hash := range r.past.Loose(env, jumpedOver) {
		if hash == head.Hash || !r.past.WasLost(env, hash) || r.past.HasEnd(env, head.Hash) {
			continue
		}
		commit, on, err := r.onBranch(hash)
		if err != nil {
			return &unreadError{err}
		}
		if !on {
			continue
		}
		if err := r.supersede(env, commit, head, ""); err != nil {
			return err
		}
	}
	return nil
}

// closeBefore closes the commits that lead to the one that an environment has ended with.
func (r *Reconciler) closeBefore(env string) error {
	last, ok := r.past.LastTurn(env)
	if !ok || !last.State.Final() {
		return nil
	}
	commits, err := r.looseBefore(env, last.Commit)
	if err != nil {
		return &unreadError{err}
	}
	by := source.Commit{Hash: last.Commit, Subject: last.Subject, Author: last.Author, When: last.When}
	for _, commit := range commits {
		if err := r.supersede(env, commit, by, last.State); err != nil {
			return err
		}
	}
	if len(commits) == 0 {
		return nil
	}
	return r.passOn(env, by, last.State)
}

// looseBefore lists the commits without an end in an environment that lead to another one, as the journal names them. Those that are
// older than the environment are not among them.
func (r *Reconciler) looseBefore(env, to string) ([]source.Commit, error) {
	loose := r.past.Loose(env, jumpedOver)
	if len(loose) == 0 || len(loose) == 1 && loose[0] == to {
		return nil, nil
	}
	after, err := r.after(to)
	if errors.Is(err, source.ErrUnknownCommit) {
		return nil, nil // it is on no branch, and nothing leads to it
	}
	if err != nil {
		return nil, err
	}
	var commits []source.Commit
	for _, hash := range loose {
		commit, on, err := r.onBranch(hash)
		switch {
		case err != nil:
			return nil, err
		case !on || after[hash] || hash == to:
			continue
		case !r.had(env, hash):
			return commits, nil
		}
		commits = append(commits, commit)
	}
	return commits, nil
}

// after lists what has come to the branch after a commit.
func (r *Reconciler) after(commit string) (map[string]bool, error) {
	after := map[string]bool{}
	if commit == r.last.Commit.Hash {
		return after, nil
	}
	commits, err := r.config.History.Log(commit, r.last.Commit.Hash, 0)
	for _, c := range commits {
		after[c.Hash] = true
	}
	return after, err
}

// onBranch reports whether the branch leads over a commit. One that the mirror doesn't hold is on no branch.
func (r *Reconciler) onBranch(hash string) (source.Commit, bool, error) {
	snapshot, err := r.config.History.Ancestor(hash, r.last.Commit.Hash)
	if errors.Is(err, source.ErrNotAncestor) || errors.Is(err, source.ErrUnknownCommit) {
		return source.Commit{}, false, nil
	}
	return snapshot.Commit, err == nil, err
}

// closeLost closes the commits that the branch has lost in one environment, and what they carried.
func (r *Reconciler) closeLost(env string) error {
	for _, hash := range r.past.Loose(env, jumpedOver) {
		ended := r.past.HasEnd(env, hash)
		if r.rollsBackNow(env, hash) || ended && len(r.past.Carried(env)) == 0 {
			continue
		}
		commit, on, err := r.onBranch(hash)
		if err != nil {
			return &unreadError{err}
		}
		if on {
			continue
		}
		if ended { // it had its turn once more, while a remote that lags showed it, and carried others then
			commit.Hash = hash
			err = r.passOn(env, commit, record.Superseded)
		} else {
			err = r.lose(env, hash)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lose closes a commit that the branch has lost. Where the environment was not there yet, there is nothing to close.
func (r *Reconciler) lose(env, hash string) error {
	if !r.had(env, hash) {
		return nil
	}
	return r.endWithout(env, hash, "the branch was rewritten without it")
}

// endWithout ends a commit that no other one carries, and those that it carried.
func (r *Reconciler) endWithout(env, hash, why string) error {
	entries, err := r.past.Entries(record.Filter{Commit: hash, Limit: 1})
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	commit := source.Commit{Hash: hash}
	if len(entries) > 0 {
		commit.Subject, commit.Author, commit.When = entries[0].Subject, entries[0].Author, entries[0].When
	}
	entry := environmentEntry(env, commit)
	entry.State, entry.Text = record.Superseded, why
	if err := r.noteSuperseded(commit, entry); err != nil {
		return err
	}
	return r.passOn(env, commit, record.Superseded)
}

// closeGone gives an end to what was under way in environments that the newest commit doesn't have any more.
func (r *Reconciler) closeGone(tree environments.Tree) error {
	if tree.Faults.HasErrors() {
		return nil // it may not say all that it has
	}
	for _, env := range r.past.Environments() {
		if _, there := tree.Find(env); there {
			continue
		}
		if err := r.openRollback(env); err != nil {
			return err
		}
		if err := r.closeGoneIn(env); err != nil {
			return err
		}
	}
	return nil
}

// goneText is how a commit ends in an environment that was taken out of the config repo.
const goneText = "the environment was taken out"

func (r *Reconciler) closeGoneIn(env string) error {
	m := r.memo(env)
	if m.verification != nil {
		m.verification.stop()
		m.verification = nil
	}
	if back := m.back; back != nil {
		entry := back.entry
		entry.State, entry.Reason, entry.Text = record.Failed, "verify", back.why()+"; not rolled back: "+goneText
		if err := r.config.Journal.Finish(r.withStatus(entry)); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		m.back = nil
	}
	for _, hash := range r.past.OpenIn(env) {
		if err := r.endWithout(env, hash, goneText); err != nil {
			return err
		}
	}
	return nil
}

// had reports whether a commit has an environment. One whose layout can't be read, or is at fault, may have it.
func (r *Reconciler) had(env, commit string) bool {
	if r.config.Trust != nil && r.config.Trust(commit) != nil {
		return true // not a byte of it is looked at
	}
	snapshot, err := r.config.History.At(commit)
	if err != nil {
		return true
	}
	tree, err := r.load(snapshot)
	if err != nil || tree.Faults.HasErrors() {
		return true
	}
	_, ok := tree.Find(env)
	return ok
}

// rollsBackNow reports whether a commit is being rolled back: that is its end.
func (r *Reconciler) rollsBackNow(env, commit string) bool {
	back := r.memo(env).back
	return back != nil && back.entry.Commit == commit
}
