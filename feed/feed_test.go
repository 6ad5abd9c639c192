package feed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/feed"
	"github.com/sluice-gitops/sluice/record"
)

// memory keeps the bytes of a journal.
type memory struct{ held []byte }

func (m *memory) ReadAt(into []byte, at int64) (int, error) {
	return bytes.NewReader(m.held).ReadAt(into, at)
}

func (m *memory) Append(line []byte, at int64) error {
	m.held = append(m.held[:at], line...)
	return nil
}

func (m *memory) Cut(size int64) error {
	m.held = m.held[:size]
	return nil
}

func open(t testing.TB, m *memory) *record.Journal {
	t.Helper()
	j, err := record.OpenStore(m, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func note(t testing.TB, j *record.Journal, env string, commits ...string) {
	t.Helper()
	for _, commit := range commits {
		if err := j.Note(record.Entry{Commit: commit, Environment: env, State: record.Applied}); err != nil {
			t.Fatal(err)
		}
	}
}

// run lets a feed work for so long in a bubble of time.
func run(t testing.TB, f *feed.Feed, long time.Duration, wake <-chan struct{}) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), long)
	defer stop()
	f.Run(ctx, wake)
}

func commits(ends []record.Entry) []string {
	var all []string
	for _, e := range ends {
		all = append(all, e.Commit)
	}
	return all
}

func TestAListenerHearsEachEndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &memory{}
		j := open(t, kept)
		note(t, j, "prod", "before")
		var told []string
		listen := func(listener string, all bool) *feed.Feed {
			return &feed.Feed{Listener: listener, All: all, Journal: j, Take: func(_ context.Context, ends []record.Entry) error {
				told = append(told, commits(ends)...)
				return nil
			}}
		}
		wake := make(chan struct{}, 1)
		go func() {
			time.Sleep(time.Second)
			note(t, j, "prod", "c1", "c2")
			wake <- struct{}{}
		}()
		run(t, listen("ops", false), 10*time.Second, wake)
		run(t, listen("ops", false), time.Second, nil)
		if want := []string{"c1", "c2"}; !slices.Equal(told, want) {
			t.Errorf("told %v, want %v", told, want)
		}
		told = nil
		j = open(t, kept)
		note(t, j, "prod", "c3")
		run(t, listen("ops", false), time.Second, nil)
		run(t, listen("notes", true), time.Second, nil)
		if want := []string{"c3", "before", "c1", "c2", "c3"}; !slices.Equal(told, want) {
			t.Errorf("after a restart: told %v, want %v", told, want)
		}
	})
}

func TestWhoIsDownIsAskedLessAndLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := open(t, &memory{})
		begun, asked := time.Now(), []time.Duration{}
		wake := make(chan struct{}, 1)
		f := &feed.Feed{Listener: "ops", All: true, Journal: j, Take: func(context.Context, []record.Entry) error {
			asked = append(asked, time.Since(begun))
			switch len(asked) {
			case 3:
				return &feed.Wait{Err: errors.New("429"), After: time.Minute}
			case 5:
				return nil
			}
			return errors.New("down")
		}}
		note(t, j, "prod", "c1")
		go func() {
			time.Sleep(2 * time.Second)
			wake <- struct{}{} // which shortens no wait
			if since, err := f.Trouble(); err == nil || !since.Equal(begun) {
				t.Errorf("trouble since %s: %v", since, err)
			}
		}()
		run(t, f, time.Hour, wake)
		want := []time.Duration{0, time.Second, 3 * time.Second, 63 * time.Second, 183 * time.Second}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
		if _, err := f.Trouble(); err != nil {
			t.Errorf("trouble that is over: %v", err)
		}
	})
}

// TestNothingIsLost: whatever is wanted, however often taking fails, and whenever the process is restarted, each wanted end is taken, in
// order, and once.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		kept := &memory{}
		var want, told []string
		for round := range rapid.IntRange(1, 3).Draw(r, "restarts") {
			ends := rapid.SliceOfN(rapid.SampledFrom([]string{"test", "prod"}), 0, 120).Draw(r, "ends")
			fails := rapid.SliceOfN(rapid.Bool(), 1, 20).Draw(r, "fails")
			most := rapid.IntRange(0, 60).Draw(r, "most")
			synctest.Test(t, func(t *testing.T) {
				j := open(t, kept)
				for i, env := range ends {
					note(t, j, env, fmt.Sprint(round, "-", i))
					if env == "prod" {
						want = append(want, fmt.Sprint(round, "-", i))
					}
				}
				tries := 0
				f := &feed.Feed{
					Listener: "ops", All: true, Journal: j, Most: most, Wants: func(e record.Entry) bool { return e.Environment == "prod" },
					Take: func(_ context.Context, ends []record.Entry) error {
						if tries++; tries <= len(fails) && fails[tries-1] {
							return errors.New("down")
						}
						if len(ends) > max(most, 1) {
							t.Errorf("%d ends at once", len(ends))
						}
						told = append(told, commits(ends)...)
						return nil
					},
				}
				run(t, f, 2*time.Hour, nil)
			})
		}
		if diff := cmp.Diff(want, told); diff != "" {
			r.Fatalf("told (-want +got):\n%s", diff)
		}
	})
}

// TestAnUnreadableJournalTellsNothing: what can't be read is not skipped.
func TestAnUnreadableJournalTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := &brokenJournal{Journal: open(t, &memory{}), left: 2}
		note(t, broken.Journal, "prod", "c1")
		var told []string
		f := &feed.Feed{Listener: "ops", All: true, Journal: broken, Take: func(_ context.Context, ends []record.Entry) error {
			told = append(told, commits(ends)...)
			return nil
		}}
		run(t, f, time.Minute, nil)
		if !slices.Equal(told, []string{"c1"}) {
			t.Errorf("told %v", told)
		}
	})
}

type brokenJournal struct {
	*record.Journal
	left int
}

func (b *brokenJournal) Endings(after int64, limit int) ([]record.Ending, error) {
	if b.left--; b.left >= 0 {
		return nil, errors.New("disk")
	}
	return b.Journal.Endings(after, limit)
}
