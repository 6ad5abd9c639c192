package record

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestFatesAreWhatTheEntriesSay: what is known of a commit in an environment is what all entries together say of it.
func TestFatesAreWhatTheEntriesSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j, err := OpenStore(&memory{partial: -1}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 20).Draw(t, "lines") {
			e := Entry{
				Commit:      rapid.SampledFrom([]string{"c1", "c2", "c3"}).Draw(t, "commit"),
				Environment: rapid.SampledFrom([]string{"test", "prod"}).Draw(t, "environment"),
				Group:       rapid.SampledFrom([]string{"", "eu"}).Draw(t, "group"),
				State:       rapid.SampledFrom([]State{Applied, Unchanged, Held, Failed, RolledBack, Superseded}).Draw(t, "state"),
			}
			if err := j.Note(e); err != nil {
				t.Fatal(err)
			}
		}
		entries, err := j.Entries(Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, env := range []string{"test", "prod"} {
			for _, commit := range []string{"c1", "c2", "c3"} {
				want := fateIn(entries, env, commit)
				if got := j.fates.of(env, commit); got.ended != want.ended || got.done != want.done {
					t.Errorf("%s in %s: %+v, want %+v", commit, env, got, want)
				}
				named := slices.ContainsFunc(entries, func(e Entry) bool { return e.Commit == commit })
				if loose := slices.Contains(j.Loose(env, 100), commit); loose != (named && (!want.ended || want.lost)) {
					t.Errorf("%s in %s: loose %v: %+v", commit, env, loose, want)
				}
				if open := slices.Contains(j.OpenIn(env), commit); open != (want.named && !want.ended) {
					t.Errorf("%s in %s: open %v: %+v", commit, env, open, want)
				}
			}
		}
	})
}

// fateIn finds out the slow way, from entries with the newest first. A group's entry is no end; one that is superseded and carried by
// nothing is lost.
func fateIn(entries []Entry, env, commit string) (known fate) {
	for _, e := range entries {
		if e.Environment != env || e.Commit != commit {
			continue
		}
		known.named = true
		if e.Group != "" || !e.State.Final() {
			continue
		}
		known.lost = known.lost || !known.ended && e.State == Superseded
		known.ended = true
		known.done = known.done || e.State == Applied || e.State == Unchanged
	}
	return known
}

func TestACommitIsLooseUntilItHasAnEndEverywhere(t *testing.T) {
	j, err := OpenStore(&memory{partial: -1}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	note := func(e Entry) {
		t.Helper()
		if err := j.Note(e); err != nil {
			t.Fatal(err)
		}
	}
	note(Entry{Commit: "c1", Environment: "test", Group: "eu", State: Applied})
	note(Entry{Commit: "c1", Environment: "test", State: Applied})
	if err := j.Show(Entry{Commit: "c2", Environment: "prod", State: Queued, Status: Status{Context: "sluice/prod", State: StatusPending}}); err != nil {
		t.Fatal(err)
	}
	note(Entry{Commit: "c3", Environment: "prod", State: Superseded})
	note(Entry{Commit: "c4", Environment: "prod", State: Superseded, CarriedBy: "c5"})
	got := map[string][]string{
		"test": j.Loose("test", 9), "prod": j.Loose("prod", 9), "at most two": j.Loose("prod", 2), "new": j.Loose("new", 9),
		"open in prod": j.OpenIn("prod"), "open in test": j.OpenIn("test"), "environments": j.Environments(),
	}
	want := map[string][]string{
		"test": {"c4", "c3", "c2"}, "prod": {"c3", "c2", "c1"}, "at most two": {"c3", "c2"}, "new": {"c4", "c3", "c2", "c1"},
		"open in prod": {"c2"}, "open in test": nil, "environments": {"prod", "test"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !j.HasEnd("prod", "c3") || j.HasEnd("prod", "c2") || !j.WasDone("test", "c1") || j.WasDone("prod", "c4") {
		t.Error("ends are not told as they are")
	}
	if !j.Knows("c2") || j.Knows("c9") {
		t.Error("the journal does not know its commits")
	}
	if last, ok := j.LastTurn("prod"); ok {
		t.Errorf("a commit had its turn that was superseded: %+v", last)
	}
}

// TestWhatAGroupLeftIsNotVouchedFor verifies an environment that has one group less than before.
func TestWhatAGroupLeftIsNotVouchedFor(t *testing.T) {
	j, err := OpenStore(&memory{partial: -1}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []Entry{
		{Commit: "bad", Environment: "prod", Group: "us", State: Applied, Digest: "d1", Live: "d1"},
		{Commit: "good", Environment: "prod", Group: "eu", State: Applied, Digest: "d2", Live: "d2"},
		{Commit: "good", Environment: "prod", State: Applied, Groups: []string{"eu"}},
	} {
		if err := j.Note(e); err != nil {
			t.Fatal(err)
		}
	}
	if e, ok := j.Verified("prod", "us", "d1"); ok {
		t.Errorf("what the environment no longer has counts as verified: %+v", e)
	}
	if _, ok := j.Verified("prod", "eu", "d2"); !ok {
		t.Error("what was verified does not count")
	}
}
