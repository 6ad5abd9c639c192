package daemon

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/record"
)

// origin is a forge with one merged pull request; it answers what it is told first.
type origin struct {
	number  int
	answers []error
	asked   int
	said    map[string]string
}

func (o *origin) Origin(_ context.Context, _, base string) (int, error) {
	o.asked++
	if base != "main" {
		return 0, errors.New("another branch")
	}
	if len(o.answers) > 0 {
		first := o.answers[0]
		o.answers = o.answers[1:]
		return 0, first
	}
	return o.number, nil
}

func (o *origin) Comment(_ context.Context, _ int, marker, body string) error {
	o.said[marker] = body
	return nil
}

// chronicle is a journal of ends, oldest first.
type chronicle []record.Entry

func (c chronicle) Entries(f record.Filter) ([]record.Entry, error) {
	var found []record.Entry
	for _, e := range slices.Backward(c) {
		if (f.Environment == "" || e.Environment == f.Environment) && (f.Commit == "" || e.Commit == f.Commit) && (f.Before == 0 || e.ID < f.Before) {
			found = append(found, e)
		}
	}
	return found, nil
}

func (c chronicle) LastTurn(environment string) (record.Entry, bool) {
	for _, e := range slices.Backward(c) {
		if e.Environment == environment {
			return e, true
		}
	}
	return record.Entry{}, false
}

func TestAPullRequestIsToldOfItsBadEnd(t *testing.T) {
	failed, next, healed := ended(record.Failed, "route `users`: @all 400"), ended(record.Applied, "1 updated"), ended(record.Applied, "1 updated")
	next.ID, next.Commit, healed.ID = 4, "9f", 5
	const head, foot = "### Sluice: failed in prod\n\n`1a2b3c4`: `` route `users`: @all 400 ``\n\n", " [What happened](https://sluice/prod).\n"
	tests := []struct {
		name   string
		number int
		past   chronicle
		env    string
		known  *reverts
		asked  int
		want   string
	}{
		{"a failure", 7, chronicle{failed}, "prod", &reverts{}, 1, head + "`sluice revert 1a2b3c4` opens a pull request that takes it back." + foot},
		{"a branch is prepared", 7, chronicle{failed}, "prod", &reverts{prepared: map[string]string{culprit: "https://git/new"}}, 1,
			head + "A branch takes it back: [open the pull request](https://git/new)." + foot},
		{"a pull request takes it back", 7, chronicle{failed}, "prod", &reverts{urls: map[string]string{culprit: "https://git/8"}}, 1, head + "[A pull request](https://git/8) takes it back." + foot},
		{"another commit came since", 7, chronicle{failed, next}, "prod", &reverts{}, 1, head + "Another commit has had its turn there since." + foot},
		{"no pull request brought it", 0, chronicle{failed}, "prod", &reverts{}, 1, ""},
		{"a name that no marker holds", 7, chronicle{failed}, "prod_eu -->", &reverts{}, 0, ""},
		{"it was applied after all", 7, chronicle{failed, healed}, "prod", &reverts{}, 1,
			"### Sluice: applied in prod\n\n`1a2b3c4`: `1 updated`\n\nIt had come to a bad end there before." + foot},
		{"a name with all that a name may have", 7, chronicle{failed}, "prod_eu.1-a", &reverts{}, 1, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := &origin{number: tt.number, said: map[string]string{}}
			told := outcomes{
				origins: at, comments: at, past: tt.past, branch: "main", known: tt.known, log: zap.NewNop(),
				page: func(e record.Entry) string { return "https://sluice/" + e.Environment },
			}
			e := tt.past[0]
			if last := tt.past[len(tt.past)-1]; last.ID == healed.ID {
				e = last
			}
			e.Environment = tt.env
			if err := told.tell(t.Context(), e); err != nil || at.asked != tt.asked {
				t.Errorf("asked %d times, %v", at.asked, err)
			}
			if diff := cmp.Diff(tt.want, at.said["sluice-outcome/prod"]); diff != "" {
				t.Errorf("said (-want +got):\n%s", diff)
			}
		})
	}
	if err := (outcomes{}).tell(t.Context(), failed); err != nil { // a forge that doesn't know
		t.Error(err)
	}
}

// TestWhichEndsAreTold: the bad ones, and a good one where a bad one was told before.
func TestWhichEndsAreTold(t *testing.T) {
	failed, healed, drift := ended(record.Failed, "x"), ended(record.Applied, "x"), ended(record.Failed, "x")
	healed.ID, drift.Reason = 5, "drift"
	elsewhere, lost := healed, ended(record.Superseded, "x")
	elsewhere.Environment = "test"
	told := outcomes{past: chronicle{failed, healed, elsewhere}}
	for name, tt := range map[string]struct {
		end  record.Entry
		want bool
	}{
		"failed": {failed, true}, "rolled back": {ended(record.RolledBack, "x"), true}, "applied after all": {healed, true},
		"applied at once elsewhere": {elsewhere, false}, "drift that can't be healed": {drift, false}, "carried": {lost, false}, "held": {ended(record.Held, "x"), false},
	} {
		if got := told.wants(tt.end); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestWhatTheForgeWillNeverTakeIsLeftOut, and all else is tried again.
func TestWhatTheForgeWillNeverTakeIsLeftOut(t *testing.T) {
	for class, again := range map[forge.Class]bool{
		forge.Unavailable: true, forge.Limited: true, forge.Denied: true, forge.Misplaced: true, forge.Outdated: true, forge.Final: false, forge.Blocked: false,
	} {
		at := &origin{number: 7, answers: []error{&forge.Error{Class: class}}}
		told := outcomes{origins: at, comments: at, past: chronicle{}, branch: "main", known: &reverts{}, log: zap.NewNop()}
		if err := told.tell(t.Context(), ended(record.Failed, "x")); (err != nil) != again {
			t.Errorf("%v: %v", class, err)
		}
	}
}
