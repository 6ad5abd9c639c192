package reconciler

import (
	"context"
	"fmt"

	"github.com/sluice-gitops/sluice/record"
)

// Apply carries the newest commit to one environment, once, as a pass does. The environments that it comes after must have the
// same commit on record as applied. The status that it returns says what it came to.
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
	r.board.begin(snapshot.Commit, tree, r.past)
	for _, before := range env.After {
		r.recall(before, snapshot.Commit.Hash)
	}
	w := &work{snapshot: snapshot, tree: tree, env: env, memo: r.memo(name), again: true}
	if err := r.turnOf(ctx, w).err; err != nil {
		return EnvironmentStatus{}, err
	}
	status, _ := r.Status().Environment(name)
	return status, ctx.Err()
}

// recall remembers from the journal that an environment has applied a commit, when it has no memory of its own: after a restart
// what was applied is applied, whatever is out of reach now.
func (r *Reconciler) recall(name, commit string) {
	m := r.memo(name)
	last, ok := r.past.Last(name, "")
	if m.state == "" && ok && last.Commit == commit && (last.State == record.Applied || last.State == record.Unchanged) {
		m.commit, m.state, m.applied = commit, last.State, commit
	}
}

// StatusFromJournal tells what the journal holds as applied, for when no daemon is there to be asked.
func StatusFromJournal(past *record.View) (Status, error) {
	entries, err := past.Entries(record.Filter{})
	if err != nil {
		return Status{}, err
	}
	status := Status{Environments: []EnvironmentStatus{}}
	if len(entries) > 0 {
		status.Head = entries[0].Commit
	}
	for i := len(entries) - 1; i >= 0; i-- {
		status.include(entries[i], past)
	}
	return status, nil
}

// include adds the environment and the group of an entry, once.
func (s *Status) include(e record.Entry, past *record.View) {
	if _, known := s.Environment(e.Environment); !known {
		env := fromJournal(e.Environment, past)
		env.Groups = []GroupStatus{}
		s.Environments = append(s.Environments, env)
	}
	for i := range s.Environments {
		env := &s.Environments[i]
		if env.Name == e.Environment && e.Group != "" && !env.hasGroup(e.Group) {
			env.Groups = append(env.Groups, groupFromJournal(e.Environment, e.Group, past))
		}
	}
}

func (e EnvironmentStatus) hasGroup(name string) bool {
	for _, group := range e.Groups {
		if group.Name == name {
			return true
		}
	}
	return false
}
