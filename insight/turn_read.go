package insight

import (
	"context"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// The bounds of what is told of a turn.
const (
	turnEntries = 1000 // that are looked at
	turnShown   = 200  // entries, and groups
	turnCarried = 50
)

// Turn answers what became of a commit in an environment. The commit may be cut to four digits. The error is a *NotFoundError when there is
// no such environment or commit, and a *QueryError when the text is no hash.
func (m *Model) Turn(ctx context.Context, environment, commit string) (Turn, error) {
	hash, err := m.resolve(commit)
	if err != nil {
		return Turn{}, err
	}
	r := turnReader{m: m, status: m.status(), hash: hash}
	if err := r.read(ctx, environment); err != nil {
		return Turn{}, err
	}
	return r.turn(ctx)
}

// turnReader gathers what is known of a turn.
type turnReader struct {
	m       *Model
	status  reconciler.Status
	env     reconciler.EnvironmentStatus
	hash    string
	entries []record.Entry // of the commit in the environment, the newest first; those of drift are left out
	more    bool           // there are older ones
	end     record.Entry   // the newest final one of the environment as a whole; ID 0 when there is none
}

func (r *turnReader) read(ctx context.Context, environment string) error {
	env, known := r.status.Environment(environment)
	if !known && !slices.Contains(r.m.config.Past.Environments(), environment) {
		return &NotFoundError{"environment " + environment}
	}
	r.env = env
	r.env.Name = environment
	found, err := r.m.config.Past.Search(ctx, record.Filter{Environment: environment, Commit: r.hash, ForCommit: true, Limit: turnEntries})
	if err != nil {
		return err
	}
	r.entries, r.more = found.Entries, found.Next != 0
	r.end, _, err = r.m.newest(ctx, record.Filter{Environment: environment, Commit: r.hash, Whole: true}, func(e record.Entry) bool { return e.State.Final() })
	return err
}

func (r *turnReader) turn(ctx context.Context) (Turn, error) {
	m := r.m
	t := Turn{
		Environment: r.env.Name, Commit: m.commit(r.hash), Applied: m.commit(r.env.Applied), Running: r.env.Applied == r.hash,
		Head: r.status.Head == r.hash, Paused: m.pause(r.env), Entries: trimmedAll(r.entries[:min(len(r.entries), turnShown)]),
		MoreEntries: r.more || len(r.entries) > turnShown, Checks: r.checks(),
	}
	if i := slices.IndexFunc(r.entries, func(e record.Entry) bool { return e.Commit == r.hash }); i >= 0 {
		t.Commit = m.commitOf(r.entries[i])
	}
	r.state(&t)
	r.later(&t)
	t.Faults = m.faultsIn(r.hash, t.Detail)
	before, err := r.before(ctx)
	if err != nil {
		return Turn{}, err
	}
	t.Before = m.commit(before)
	if err := r.carried(ctx, &t); err != nil {
		return Turn{}, err
	}
	if t.Elsewhere, err = r.elsewhere(ctx); err != nil {
		return Turn{}, err
	}
	t.Timeline = r.timeline(t)
	r.groups(&t)
	t.Next = nextSteps(t, r.facts(ctx, t))
	return t, nil
}

// state says what the commit has come to: by the status where that speaks of it, else by the journal, else by the steps that were told.
func (r *turnReader) state(t *Turn) {
	told := r.m.steps.of(r.env.Name, r.hash)
	switch {
	case r.env.Target == r.hash:
		t.State, t.Text, t.Detail, t.Since, t.Until = r.env.State, r.env.Text, r.env.Detail, r.env.Since, r.env.Until
	case r.end.ID != 0:
		t.State, t.Text, t.Detail, t.Since = string(r.end.State), r.end.Text, r.end.Error, r.end.Finished
	case len(r.entries) > 0:
		t.State, t.Text, t.Since = string(record.Applying), "begun, and not finished", r.entries[0].Started
	case len(told) > 0:
		last := told[len(told)-1]
		t.State, t.Text, t.Since = last.State, last.Text, last.At
	case t.Head:
		t.State, t.Text = string(record.Queued), "its turn has not come"
	default:
		t.Text = "nothing is on record of this commit in " + r.env.Name
	}
	if t.Reason = r.end.Reason; r.end.State == record.Superseded {
		carrier := r.m.commit(r.end.CarriedBy)
		t.Outcome = string(r.end.Outcome)
		if carrier.Hash != "" {
			t.CarriedBy = &carrier
		}
	}
	t.Final = record.State(t.State).Final()
	if i := slices.IndexFunc(r.entries, func(e record.Entry) bool { return e.Restores != "" }); i >= 0 {
		restores := r.m.commit(r.entries[i].Restores)
		t.Restores = &restores
	}
}

// later says what has had its turn since the commit was stopped. How it could have been allowed is told no longer then.
func (r *turnReader) later(t *Turn) {
	switch record.State(t.State) {
	case record.Held, record.Failed, record.RolledBack:
	default:
		return
	}
	last, ok := r.m.config.Past.LastTurn(r.env.Name)
	if !ok || r.end.ID == 0 || last.ID <= r.end.ID || last.Commit == r.hash {
		return
	}
	t.Later = &TurnLater{r.m.commitOf(last), string(last.State)}
	var lines []string
	for line := range strings.SplitSeq(t.Detail, "\n") {
		if !strings.HasPrefix(line, allowLine) {
			lines = append(lines, line)
		}
	}
	t.Detail = strings.Join(lines, "\n")
}

// checks returns what was verified, by the newest entry that says so.
func (r *turnReader) checks() []record.Check {
	i := slices.IndexFunc(r.entries, func(e record.Entry) bool { return len(e.Verified) > 0 })
	if i < 0 {
		return nil
	}
	return r.entries[i].Verified
}

// before returns the commit that ran when this one had its turn; empty when none is known.
func (r *turnReader) before(ctx context.Context) (string, error) {
	if r.end.ID == 0 && r.env.Applied != r.hash && r.env.Applied != "" {
		return r.env.Applied, nil
	}
	newest := record.Entry{}
	for _, state := range []record.State{record.Applied, record.Unchanged} {
		e, _, err := r.m.newest(ctx, record.Filter{Environment: r.env.Name, Whole: true, State: state, Before: r.end.ID},
			func(e record.Entry) bool { return e.Commit != r.hash })
		if err != nil {
			return "", err
		}
		if e.ID > newest.ID {
			newest = e
		}
	}
	return newest.Commit, nil
}

// carried finds the commits that this one has superseded.
func (r *turnReader) carried(ctx context.Context, t *Turn) error {
	f := record.Filter{Environment: r.env.Name, Whole: true, State: record.Superseded, Limit: 4 * turnCarried}
	if r.end.ID != 0 && r.end.State != record.Superseded {
		f.Before = r.end.ID
	}
	found, err := r.m.config.Past.Search(ctx, f)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, e := range found.Entries {
		if e.CarriedBy != r.hash || known[e.Commit] {
			continue
		}
		if known[e.Commit] = true; len(t.Carries) == turnCarried {
			t.MoreCarried++
			continue
		}
		t.Carries = append(t.Carries, r.m.commitOf(e))
	}
	slices.Reverse(t.Carries) // the newest was noted first
	slices.SortStableFunc(t.Carries, func(a, b Commit) int { return b.When.Compare(a.When) })
	return nil
}
