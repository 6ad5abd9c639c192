package reconciler

import (
	"context"
	"fmt"

	"github.com/sluice-gitops/sluice/record"
)

// Apply carries the newest commit to one environment, once, as a pass does. The environments that it comes after must have the
// same commit on record as applied. It waits for what is to be verified. The status that it returns says what it came to.
func (r *Reconciler) Apply(ctx context.Context, name string) (EnvironmentStatus, error) {
	snapshot, err := r.config.Source.Latest(ctx)
	if err != nil {
		return EnvironmentStatus{}, fmt.Errorf("read the config repo: %w", err)
	}
	tree, err := r.trustedLayout(snapshot)
	if err != nil {
		return EnvironmentStatus{}, err
	}
	env, ok := tree.Find(name)
	if !ok {
		if err := tree.Faults.Err(); err != nil {
			return EnvironmentStatus{}, err
		}
		return EnvironmentStatus{}, fmt.Errorf("no environment %q in commit %s", name, snapshot.Commit.Short())
	}
	r.last = &snapshot
	r.board.begin(snapshot.Commit, tree, r.past)
	for _, before := range env.After {
		r.recall(before, snapshot.Commit.Hash)
	}
	if err := r.applyAll(ctx, work{snapshot: snapshot, tree: tree, env: env, memo: r.memo(name)}); err != nil {
		return EnvironmentStatus{}, err
	}
	status, _ := r.Status().Environment(name)
	return status, ctx.Err()
}

// applyAll gives an environment one turn after the other while it verifies, or has more commits to take.
func (r *Reconciler) applyAll(ctx context.Context, w work) error {
	for again := true; ctx.Err() == nil; again = false {
		turn := w
		turn.again = again
		out := r.turnOf(ctx, &turn)
		if out.err != nil || !out.verifying && !out.more {
			return out.err
		}
		if err := r.Settled(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// recall remembers from the journal that an environment has applied a commit, when it has no memory of its own: after a restart
// what was applied is applied, whatever is out of reach now.
func (r *Reconciler) recall(name, commit string) {
	m := r.memo(name)
	last, ok := r.past.LastTurn(name)
	if m.state == "" && ok && last.Commit == commit && (last.State == record.Applied || last.State == record.Unchanged) {
		m.commit, m.state, m.applied = commit, last.State, commit
	}
}

// StatusFromJournal tells what the journal holds as applied, for when no daemon is there to be asked.
func StatusFromJournal(past *record.View) Status {
	status := Status{Environments: []EnvironmentStatus{}}
	newest := int64(0)
	for _, at := range past.Places() {
		last, _ := past.Last(at.Environment, at.Group)
		if last.ID > newest && isCommit(last) && last.State != record.Superseded {
			newest, status.Head = last.ID, last.Commit
		}
		status.include(at, past)
	}
	return status
}

// include adds an environment, or one of its groups.
func (s *Status) include(at record.Place, past *record.View) {
	if _, known := s.Environment(at.Environment); !known {
		env := fromJournal(at.Environment, past)
		env.Groups = []GroupStatus{}
		s.Environments = append(s.Environments, env)
	}
	if at.Group == "" {
		return
	}
	for i := range s.Environments {
		if env := &s.Environments[i]; env.Name == at.Environment {
			env.Groups = append(env.Groups, groupFromJournal(at.Environment, at.Group, past))
		}
	}
}
