package record

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

func open(t *testing.T, path string) *Journal {
	t.Helper()
	j, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func fresh(t *testing.T) *Journal {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "journal.db"))
}

func reopen(t *testing.T, j *Journal) *Journal {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, j.path)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func entry(commit string, state State) Entry {
	return Entry{Commit: commit, Environment: "prod", Group: "prod-eu", State: state}
}

// applied begins and finishes an entry that wanted digest and read live back.
func applied(t *testing.T, j *Journal, commit, digest, live string) Entry {
	t.Helper()
	e, err := j.Begin(entry(commit, Applying))
	must(t, err)
	e.State, e.Digest, e.Live = Applied, digest, live
	must(t, j.Finish(e))
	return e
}

func keys(t *testing.T, names ...string) []gateway.Key {
	t.Helper()
	list := []gateway.Key{}
	for _, name := range names {
		k, err := gateway.ParseKey(name)
		must(t, err)
		list = append(list, k)
	}
	return list
}

// TestWhole writes one entry with every field and reads it back in every way, before and after a restart.
func TestWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := fresh(t)
		e := Entry{
			Commit: "1a2b3c4", Subject: "add \"users\" <&> \u2028", Author: "Ann", When: time.Now().Add(-time.Hour).UTC(),
			Environment: "prod", Group: "prod-eu", State: Applying, Reason: "commit", Digest: "d1", Plan: "p1",
			Created: 1, Updated: 2, Deleted: 3, Adopted: 4, Failed: 5,
			Changes:  []ChangeLine{{Op: plan.Create, Key: keys(t, "routes/a")[0], Phase: plan.Switch}},
			Restores: "0000000", Confirmed: true, Error: "none", Hint: "none", Inventory: keys(t, "global_rules/1"),
			Status: Status{Context: "sluice/prod", State: StatusPending, Text: "wave 1/2"},
		}
		begun, err := j.Begin(e)
		must(t, err)
		time.Sleep(time.Minute)
		done := begun
		done.State, done.Live, done.Status = Applied, "d1", Status{Context: "sluice/prod", State: StatusSuccess, Text: "1 created"}
		must(t, j.Finish(done))

		want := done
		want.ID, want.Started, want.Finished = 1, time.Now().Add(-time.Minute).UTC(), time.Now().UTC()
		short := want
		short.Changes, short.Inventory = nil, nil
		for range 2 {
			all, err := j.Entries(Filter{})
			must(t, err)
			check(t, "entries", []Entry{want}, all)
			last, _ := j.Last("prod", "prod-eu")
			check(t, "last", short, last)
			check(t, "outbox", []Entry{short}, j.Outbox())
			check(t, "inventory", keys(t, "global_rules/1"), j.Inventory("prod", "prod-eu"))
			check(t, "interrupted", 0, len(j.Interrupted()))
			j = reopen(t, j)
		}
	})
}

func TestLastAppliedAndVerified(t *testing.T) {
	j := fresh(t)
	whole := func(commit string, state State) {
		must(t, j.Note(Entry{Commit: commit, Environment: "prod", State: state}))
	}
	applied(t, j, "c1", "d1", "d1")
	whole("c1", Applied)
	applied(t, j, "c2", "d2", "d1") // live came back otherwise than wanted
	whole("c2", Applied)
	applied(t, j, "c3", "d3", "") // not read back
	whole("c3", Applied)
	applied(t, j, "c8", "d6", "d7") // likewise, and nothing else has d7
	whole("c8", Applied)
	applied(t, j, "c9", "d8", "d8") // the environment did not verify
	whole("c9", Failed)
	applied(t, j, "c10", "d9", "d9") // likewise, and what followed changed nothing
	whole("c10", Failed)
	whole("c11", Unchanged)
	must(t, j.Note(Entry{Commit: "c4", Environment: "prod", Group: "prod-eu", State: Unchanged, Digest: "d4", Live: "d4"}))
	applied(t, j, "c5", "d1", "d1")
	whole("c5", Applied)
	must(t, j.Note(entry("c6", Held)))
	other, err := j.Begin(Entry{Commit: "c7", Environment: "prod", Group: "prod-us", State: Applying})
	must(t, err)
	other.State = Failed
	must(t, j.Finish(other))

	for _, view := range []*View{j.View, reopen(t, j).View} {
		commit := func(e Entry, found bool) string {
			if !found {
				return "none"
			}
			return e.Commit
		}
		check(t, "last", "c6", commit(view.Last("prod", "prod-eu")))
		check(t, "last applied", "c5", commit(view.LastApplied("prod", "prod-eu")))
		check(t, "last applied elsewhere", "none", commit(view.LastApplied("prod", "prod-us")))
		check(t, "last of nothing", "none", commit(view.Last("test", "x")))
		check(t, "verified d1", "c5", commit(view.Verified("prod", "prod-eu", "d1")))
		for _, unproven := range []string{"d2", "d3", "d4", "d6", "d7", "d8", "d9", ""} {
			check(t, "verified "+unproven, "none", commit(view.Verified("prod", "prod-eu", unproven)))
		}
		check(t, "verified elsewhere", "none", commit(view.Verified("prod", "prod-us", "d1")))
	}
}

// TestFinishedOutOfOrder: an interrupted entry that is finished after a newer one does not become the newest.
func TestFinishedOutOfOrder(t *testing.T) {
	j := fresh(t)
	old, err := j.Begin(entry("old", Applying))
	must(t, err)
	j = reopen(t, j)
	applied(t, j, "new", "d", "d")
	old.State, old.Digest, old.Live = Applied, "d", "d"
	must(t, j.Finish(old))
	must(t, j.Note(Entry{Commit: "new", Environment: "prod", State: Applied}))
	last, _ := j.Last("prod", "prod-eu")
	lastApplied, _ := j.LastApplied("prod", "prod-eu")
	verified, _ := j.Verified("prod", "prod-eu", "d")
	check(t, "commits", [3]string{"new", "new", "new"}, [3]string{last.Commit, lastApplied.Commit, verified.Commit})
}

func TestEntriesFilter(t *testing.T) {
	j := fresh(t)
	for _, commit := range []string{"c1", "c2", "c3"} {
		for _, group := range []string{"eu", "us"} {
			must(t, j.Note(Entry{Commit: commit, Environment: "prod", Group: group, State: Unchanged}))
		}
		must(t, j.Note(Entry{Commit: commit, Environment: "test", Group: "eu", State: Held}))
	}
	tests := []struct {
		name   string
		filter Filter
		want   string
	}{
		{"all, newest first", Filter{}, "9 8 7 6 5 4 3 2 1"},
		{"environment", Filter{Environment: "test"}, "9 6 3"},
		{"group", Filter{Environment: "prod", Group: "us"}, "8 5 2"},
		{"commit", Filter{Commit: "c2"}, "6 5 4"},
		{"limit", Filter{Environment: "prod", Limit: 3}, "8 7 5"},
		{"commit and limit", Filter{Commit: "c1", Limit: 1}, "3"},
		{"nothing", Filter{Commit: "c"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entries, err := j.Entries(test.filter)
			must(t, err)
			var ids []string
			for _, e := range entries {
				ids = append(ids, string(rune('0'+e.ID)))
			}
			check(t, "ids", test.want, strings.Join(ids, " "))
		})
	}
}

func TestInventory(t *testing.T) {
	j := fresh(t)
	owned := func(want ...string) {
		t.Helper()
		check(t, "inventory", keys(t, want...), append([]gateway.Key{}, j.Inventory("prod", "prod-eu")...))
	}
	finish := func(e Entry, inventory []gateway.Key) {
		t.Helper()
		e.State, e.Inventory = Applied, inventory
		must(t, j.Finish(e))
	}
	first := entry("c1", Applying)
	first.Inventory = keys(t, "global_rules/1", "plugin_metadata/log")
	e, err := j.Begin(first)
	must(t, err)
	owned("plugin_metadata/log", "global_rules/1")
	finish(e, keys(t, "global_rules/1"))
	owned("global_rules/1")
	must(t, j.Note(entry("c2", Held)))
	owned("global_rules/1") // an entry that says nothing of it takes nothing away

	second := entry("c3", Applying)
	second.Inventory = keys(t, "global_rules/2")
	e, err = j.Begin(second)
	must(t, err)
	j = reopen(t, j)
	owned("global_rules/1", "global_rules/2")
	finish(e, nil)
	owned("global_rules/1", "global_rules/2") // it may have been written: still ours
	e, err = j.Begin(entry("c4", Applying))
	must(t, err)
	finish(e, keys(t))
	owned()
	j = reopen(t, j)
	owned()
}

func TestOutbox(t *testing.T) {
	j := fresh(t)
	status := func(text string) Status { return Status{Context: "sluice/prod", State: StatusPending, Text: text} }
	texts := func() string {
		var all []string
		for _, e := range j.Outbox() {
			all = append(all, e.Commit+": "+e.Status.Text)
		}
		return strings.Join(all, ", ")
	}
	first := entry("c1", Applying)
	first.Status = status("applying")
	e, err := j.Begin(first)
	must(t, err)
	must(t, j.Note(entry("c0", Held))) // asks for nothing
	held := entry("c2", Held)
	held.Status = status("held")
	must(t, j.Note(held))
	check(t, "outbox", "c1: applying, c2: held", texts())

	onTheWay := j.Outbox()[0]
	e.State, e.Status = Applied, status("done")
	must(t, j.Finish(e))
	must(t, j.Posted(onTheWay)) // the older status was posted while the newer one came
	check(t, "outbox", "c1: done, c2: held", texts())
	j = reopen(t, j)
	check(t, "outbox after a restart", "c1: done, c2: held", texts())
	must(t, j.Posted(j.Outbox()[0]))
	check(t, "outbox", "c2: held", texts())

	again := entry("c2", Unchanged)
	again.Status = status("nothing to change")
	must(t, j.Note(again))
	check(t, "the newer status of a commit replaces the older", "c2: nothing to change", texts())
	j = reopen(t, j)
	check(t, "outbox after a restart", "c2: nothing to change", texts())
}

func TestStatusTextIsCut(t *testing.T) {
	j := fresh(t)
	e := entry("c1", Held)
	e.Status = Status{Context: "sluice/prod", State: StatusFailure, Text: strings.Repeat("é", 141)}
	must(t, j.Note(e))
	check(t, "text", strings.Repeat("é", 139)+"…", j.Outbox()[0].Status.Text)
}

func TestMisuse(t *testing.T) {
	j := fresh(t)
	done := applied(t, j, "c1", "d", "d")
	begun, err := j.Begin(entry("c2", Applying))
	must(t, err)
	elsewhere := begun
	elsewhere.Group, elsewhere.State = "prod-us", Applied
	before, err := os.ReadFile(j.path)
	must(t, err)
	tests := []struct {
		name string
		do   func() error
		want string
	}{
		{"begin at the end", func() error { _, err := j.Begin(entry("c", Applied)); return err }, `begin entry of prod/prod-eu: state "applied" can't be that of a line of type begin`},
		{"no state", func() error { return j.Note(entry("c", "")) }, `note entry of prod/prod-eu: state "" can't be that of a line of type note`},
		{"note that goes on", func() error { return j.Note(entry("c", Applying)) }, `note entry of prod/prod-eu: state "applying" can't be that of a line of type note`},
		{"finish twice", func() error { return j.Finish(done) }, `finish entry 1: entry 1 is not open: it was never begun, or is finished already`},
		{"finish that goes on", func() error { return j.Finish(begun) }, `finish entry 3: state "applying" can't be that of a line of type finish`},
		{"finish elsewhere", func() error { return j.Finish(elsewhere) }, `finish entry 3: entry 3 was begun for prod/prod-eu`},
		{"a key that is none", func() error {
			e := entry("c", Held)
			e.Inventory = []gateway.Key{{Kind: "nonsense", ID: "x"}}
			return j.Note(e)
		}, `note entry of prod/prod-eu: "nonsense/x" is not a resource: want KIND/ID, as routes/user-read`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.do()
			if err == nil {
				t.Fatal("no error")
			}
			check(t, "error", test.want, err.Error())
		})
	}
	after, err := os.ReadFile(j.path)
	must(t, err)
	check(t, "the file", string(before), string(after))
}

func TestPermissions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	j := open(t, filepath.Join(dir, "journal.db"))
	for path, want := range map[string]fs.FileMode{dir: 0o700, j.path: 0o600, j.path + ".lock": 0o600} {
		info, err := os.Stat(path)
		must(t, err)
		check(t, path, want, info.Mode().Perm())
	}
}

func TestLocked(t *testing.T) {
	j := fresh(t)
	_, err := Open(j.path, nil)
	var held *LockedError
	if !errors.As(err, &held) || held.PID != os.Getpid() {
		t.Fatalf("got %v, want a LockedError that names %d", err, os.Getpid())
	}
	if _, err := Read(j.path); err != nil {
		t.Errorf("reading needs no lock, and says: %v", err)
	}
	must(t, j.Close())
	reopen(t, j)
}

func TestReadOfNothing(t *testing.T) {
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

func TestTornTailIsSaidInTheLog(t *testing.T) {
	j := fresh(t)
	applied(t, j, "c1", "d", "d")
	must(t, j.Close())
	appendTo(t, j.path, `{"seq":3,"pre`)
	core, logs := observer.New(zap.WarnLevel)
	again, err := Open(j.path, zap.New(core))
	must(t, err)
	defer again.Close()
	check(t, "log", 1, logs.FilterField(zap.Int64("bytes", 13)).FilterField(zap.Int64("line", 3)).Len())
	saved, err := os.ReadFile(j.path + ".torn-3")
	must(t, err)
	check(t, "saved", `{"seq":3,"pre`, string(saved))
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	_, err = file.WriteString(text)
	must(t, errors.Join(err, file.Close()))
}
