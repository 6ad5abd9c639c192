package forge

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// busy is a forge that takes its time, or only so many statuses a minute.
type busy struct {
	slow    time.Duration
	most    int // a minute; zero: any number
	minute  time.Time
	count   int
	said    map[string][]Status // by commit and context
	when    map[string]time.Time
	refused int
}

func (b *busy) SetStatus(_ context.Context, commit string, s Status) error {
	time.Sleep(b.slow)
	if time.Since(b.minute) >= time.Minute {
		b.minute, b.count = time.Now(), 0
	}
	if b.count++; b.most > 0 && b.count > b.most {
		b.refused++
		return &Error{Class: Limited, Status: 429, After: time.Minute}
	}
	at := commit + " " + s.Context
	b.said[at] = append(b.said[at], s)
	b.when[at] = time.Now()
	return nil
}

// TestAHundredCommitsInAMinute come while the forge is slow, or lets only some statuses through: each commit has its end in each environment in
// the end, nothing goes back from an end to a step before, and who looks at the newest commit does not wait for the hundred before it.
func TestAHundredCommitsInAMinute(t *testing.T) {
	const commits = 100
	tests := map[string]struct {
		forge   busy
		spacing time.Duration
		within  time.Duration // of its end, the newest commit shows it
		over    time.Duration // all is said
	}{
		"each call takes 2 s":              {busy{slow: 2 * time.Second}, 0, 10 * time.Second, 10 * time.Minute},
		"20 a minute, then Retry-After 60": {busy{most: 20}, 0, 2*time.Minute + 10*time.Second, 15 * time.Minute},
		"slow and limited":                 {busy{slow: 2 * time.Second, most: 10}, time.Second, 3 * time.Minute, 40 * time.Minute},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				past, err := record.Open(filepath.Join(t.TempDir(), "journal"), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer past.Close()
				b := &tt.forge
				b.said, b.when = map[string][]Status{}, map[string]time.Time{}
				ctx, stop := context.WithTimeout(t.Context(), tt.over)
				defer stop()
				wake, ends := make(chan struct{}, 1), map[string]time.Time{}
				go hurry(t, past, commits, wake, ends)
				(&Delivery{Outbox: past, Forge: b, Spacing: tt.spacing}).Run(ctx, wake)
				synctest.Wait()
				for at := range ends {
					said := b.said[at]
					if len(said) == 0 || said[len(said)-1].State == record.StatusPending || len(said) > 2 {
						t.Errorf("%s says %+v", at, said)
					}
					for _, s := range said[:max(len(said)-1, 0)] {
						if s.State != record.StatusPending {
							t.Errorf("%s goes on after its end: %+v", at, said)
						}
					}
				}
				for _, env := range []string{"test", "prod"} {
					newest := fmt.Sprintf("c%d sluice/%s", commits-1, env)
					if late := b.when[newest].Sub(ends[newest]); late > tt.within {
						t.Errorf("the newest shows its end in %s after %v", env, late)
					}
				}
			})
		})
	}
}

// hurry has so many commits come within a minute; each is queued, applied in two environments, and over after some seconds.
func hurry(t *testing.T, past *record.Journal, commits int, wake chan<- struct{}, ends map[string]time.Time) {
	put := func(commit, env string, state record.State, shown record.StatusState) {
		e := record.Entry{Commit: commit, Environment: env, State: state, Status: record.Status{Context: "sluice/" + env, State: shown, Text: string(state)}}
		write := past.Show
		if state.Final() {
			write = past.Note
			ends[commit+" sluice/"+env] = time.Now()
		}
		if err := write(e); err != nil {
			t.Error(err)
		}
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	for i := range commits + 10 {
		for _, env := range []string{"test", "prod"} {
			if i < commits {
				put(fmt.Sprint("c", i), env, record.Queued, record.StatusPending)
			}
			if i >= 10 {
				put(fmt.Sprint("c", i-10), env, record.Applied, record.StatusSuccess)
			}
		}
		time.Sleep(time.Minute / time.Duration(commits))
	}
}

// TestTheOldestIsNotForgotten though newer ones never cease to come faster than they can be told.
func TestTheOldestIsNotForgotten(t *testing.T) {
	q, waiting := queue{cost: 10 * time.Second}, []record.Entry{}
	end := func(id int64) record.Entry {
		return record.Entry{ID: id, Commit: fmt.Sprint("c", id), Status: record.Status{State: record.StatusSuccess}}
	}
	for id := range int64(10) {
		waiting = append(waiting, end(id+1))
	}
	for turn := range int64(40) {
		e, _ := q.next(waiting, record.Entry{})
		for i, one := range waiting {
			if one.ID == e.ID {
				waiting = append(waiting[:i:i], waiting[i+1:]...)
				break
			}
		}
		waiting = append(waiting, end(100+turn))
	}
	for _, left := range waiting {
		if left.ID <= 10 {
			t.Errorf("%s still waits after 40 others", left.Commit)
		}
	}
}

// TestAnOlderDeploymentDoesNotTakeTheNewersPlace where the newest was told first.
func TestAnOlderDeploymentDoesNotTakeTheNewersPlace(t *testing.T) {
	at := &deployed{}
	d := &Delivery{Deployments: at}
	for _, one := range []struct {
		id    int64
		state record.State
	}{{9, record.Applied}, {4, record.Applying}, {4, record.Applied}, {5, record.Failed}, {10, record.Applying}} {
		e := record.Entry{ID: one.id, Commit: fmt.Sprint("c", one.id), Environment: "prod", State: one.state}
		if err := d.deploy(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	want := fmt.Sprint([]string{"c9 prod 2 ", "c4 prod 4 ", "c5 prod 4 ", "c10 prod 1 "})
	if got := fmt.Sprint(at.told); got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}
