package daemon

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/record"
)

// follow runs what follows the ends in a journal for so long, as a daemon does that is killed then.
func follow(t *testing.T, past *record.Journal, d *desk, at *origin, long time.Duration) *aftermath {
	t.Helper()
	known := &reverts{}
	a := &aftermath{
		reverter: &reverter{mirror: d, forge: d, branch: "main", link: func(branch string) string { return "https://git/new/" + branch }, known: known, log: zap.NewNop()},
		tell:     outcomes{origins: at, comments: at, past: past, branch: "main", known: known, log: zap.NewNop()},
		turns:    past, log: zap.NewNop(),
	}
	ctx, stop := context.WithTimeout(t.Context(), long)
	defer stop()
	a.feed(past).Run(ctx, nil)
	return a
}

func note(t *testing.T, past *record.Journal, commit, env string, state record.State) {
	t.Helper()
	if err := past.Note(record.Entry{Commit: commit, Environment: env, State: state, Text: "why", Reason: "commit"}); err != nil {
		t.Fatal(err)
	}
}

// TestWhatWasDueAtACrashIsDone: the forge is down and the daemon is killed before a pull request was told; the next one tells it, and prepares
// what takes the commit back. What was told is not told again.
func TestWhatWasDueAtACrashIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "journal")
		open := func() *record.Journal {
			past, err := record.Open(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			return past
		}
		d, at := &desk{reverted: clean()}, &origin{number: 7, said: map[string]string{}}
		past := open()
		follow(t, past, d, at, time.Minute) // from now on it hears
		note(t, past, culprit, "test", record.Applied)
		note(t, past, culprit, "prod", record.Failed)
		d.err = &forge.Error{Class: forge.Unavailable, What: "down"}
		follow(t, past, d, at, time.Hour)
		if err := past.Close(); err != nil || len(at.said) > 0 || len(d.pushed) > 0 {
			t.Fatalf("said %v, pushed %v while the forge is down: %v", at.said, d.pushed, err)
		}
		past, d.err = open(), nil
		follow(t, past, d, at, time.Minute)
		if said := at.said["sluice-outcome/prod"]; len(at.said) != 1 || !strings.Contains(said, "[open the pull request](https://git/new/"+takesBack+")") {
			t.Errorf("after the crash it says %v", at.said)
		}
		asked := at.asked
		if follow(t, past, d, at, time.Hour); at.asked != asked || len(d.pushed) != 1 {
			t.Errorf("told again: asked %d times more, pushed %v", at.asked-asked, d.pushed)
		}
		note(t, past, culprit, "prod", record.Applied) // it is tried again, and works
		if follow(t, past, d, at, time.Minute); !strings.Contains(at.said["sluice-outcome/prod"], "applied in prod") {
			t.Errorf("the comment is no longer true: %v", at.said)
		}
		if err := past.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestWhatIsOverIsNotTakenBack: another commit has had its turn while the forge was down, and what is a week old is left alone.
func TestWhatIsOverIsNotTakenBack(t *testing.T) {
	past := chronicle{ended(record.Failed, "x"), {ID: 4, Commit: "9f", Environment: "prod", State: record.Applied}}
	d, at := &desk{reverted: clean()}, &origin{number: 7, said: map[string]string{}}
	a := &aftermath{
		reverter: &reverter{mirror: d, forge: d, known: &reverts{}, log: zap.NewNop()}, turns: past, log: zap.NewNop(),
		tell: outcomes{origins: at, comments: at, past: past, branch: "main", known: &reverts{}, log: zap.NewNop()},
	}
	old := ended(record.Failed, "x")
	old.Environment, old.Finished = "test", time.Now().Add(-8*24*time.Hour)
	if err := a.take(t.Context(), []record.Entry{past[0], old}); err != nil || len(d.pushed) > 0 || len(at.said) != 1 {
		t.Errorf("pushed %v, said %v: %v", d.pushed, at.said, err)
	}
}

// TestOneThatTheForgeChokesOnHoldsUpNoOther for more than an hour; one that finds the forge down waits.
func TestOneThatTheForgeChokesOnHoldsUpNoOther(t *testing.T) {
	for name, tt := range map[string]struct {
		answer forge.Error
		want   time.Duration // until the next one has its turn; zero: not at all
	}{
		"500":     {forge.Error{Class: forge.Unavailable, Status: 500}, patience},
		"locked":  {forge.Error{Class: forge.Denied, Status: 403}, patience},
		"down":    {forge.Error{Class: forge.Unavailable}, 0},
		"denied":  {forge.Error{Class: forge.Denied, Status: 401}, 0},
		"limited": {forge.Error{Class: forge.Limited, Status: 429, After: 10 * time.Minute}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				past, err := record.Open(filepath.Join(t.TempDir(), "journal"), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer past.Close()
				at, d := &origin{number: 7, said: map[string]string{}}, &desk{reverted: clean()}
				follow(t, past, d, at, time.Minute)
				note(t, past, culprit, "test", record.Failed)
				note(t, past, culprit, "prod", record.Failed)
				choke := &choking{origin: at, on: "sluice-outcome/test", with: &tt.answer}
				began := time.Now()
				a := follow(t, past, d, at, 0)
				a.tell.comments = choke
				ctx, stop := context.WithTimeout(t.Context(), 3*time.Hour)
				defer stop()
				a.feed(past).Run(ctx, nil)
				took := choke.at.Sub(began)
				if tt.want == 0 && !choke.at.IsZero() || tt.want > 0 && (took < tt.want || took > tt.want+10*time.Minute) {
					t.Errorf("the next one was told after %v", took)
				}
				if tt.answer.After > 0 && choke.tries > 19 {
					t.Errorf("asked %d times in three hours though it wants to be left alone", choke.tries)
				}
			})
		})
	}
}

// choking takes all comments but those under one marker.
type choking struct {
	*origin
	on    string
	with  error
	tries int
	at    time.Time // when it took another one
}

func (c *choking) Comment(ctx context.Context, number int, marker, body string) error {
	if marker == c.on {
		c.tries++
		return c.with
	}
	c.at = time.Now()
	return c.origin.Comment(ctx, number, marker, body)
}

func TestStillFailed(t *testing.T) {
	past := chronicle{ended(record.Failed, "x")}
	for begins, want := range map[string]string{"1a2b3c4": culprit, "9f8e7d6": ""} {
		got, ok := stillFailed(past, []string{"test", "prod"}, begins)
		if diff := cmp.Diff(want, got); diff != "" || ok != (want != "") {
			t.Errorf("%s: %q, %v", begins, got, ok)
		}
	}
}
