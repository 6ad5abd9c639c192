package record

import (
	"os"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// ends returns the commits of endings with their states.
func ends(t *testing.T, v *View, after int64, limit int) (told []string, last int64) {
	t.Helper()
	found, err := v.Endings(after, limit)
	must(t, err)
	for _, one := range found {
		if one.Line <= last {
			t.Errorf("line %d comes behind line %d", one.Line, last)
		}
		told, last = append(told, one.Entry.Commit+" "+string(one.Entry.State)), one.Line
	}
	return told, last
}

// TestEndings: they come in the order in which commits ended, not in that in which their entries began.
func TestEndings(t *testing.T) {
	j := fresh(t)
	whole := func(commit string, state State) Entry {
		return Entry{Commit: commit, Environment: "prod", State: state}
	}
	back, err := j.Begin(whole("c1", Applying))
	must(t, err)
	applied(t, j, "c2", "d", "d") // of a group
	must(t, j.Show(Entry{Commit: "c3", Environment: "prod", State: Held, Status: Status{Context: "sluice/prod"}}))
	must(t, j.Note(whole("c2", Applied)))
	middle := j.seq
	back.State, back.Changes = RolledBack, []ChangeLine{{Op: plan.Update, Key: gateway.Key{Kind: gateway.Routes, ID: "users"}, Phase: plan.Switch}}
	must(t, j.Finish(back))
	must(t, j.Note(whole("c3", Superseded)))
	for range 2 {
		all, last := ends(t, j.View, 0, 10)
		check(t, "all", []string{"c2 applied", "c1 rolled-back", "c3 superseded"}, all)
		check(t, "the last line", j.seq, last)
		rest, _ := ends(t, j.View, middle, 1)
		check(t, "one behind the middle", []string{"c1 rolled-back"}, rest)
		none, _ := ends(t, j.View, last, 10)
		check(t, "behind the last", []string(nil), none)
		j = reopen(t, j)
	}
	in, err := j.Endings(middle, 1)
	must(t, err)
	check(t, "the entry is whole", 1, len(in[0].Entry.Changes))
	must(t, os.Truncate(j.path, j.endings[1].offset+3))
	if found, err := j.Endings(0, 10); err == nil {
		t.Errorf("a journal that can't be read is read as %v", found)
	}
}

func TestTold(t *testing.T) {
	j := fresh(t)
	must(t, j.Note(entry("c1", Held)))
	hears := func(listener string, all bool, want int64) {
		t.Helper()
		upTo, err := j.Listen(listener, all)
		must(t, err)
		check(t, listener, want, upTo)
	}
	hears("notes", true, 0)
	hears("notifications/ops", false, 2)
	must(t, j.Note(entry("c2", Held)))
	hears("notes", true, 0)
	must(t, j.Tell("notes", 4))
	for range 2 {
		hears("notes", true, 4)
		hears("notifications/ops", false, 2)
		check(t, "lines", int64(5), j.seq)
		j = reopen(t, j)
	}
	for _, misuse := range []struct {
		listener string
		upTo     int64
		want     string
	}{{"", 1, "not which"}, {"notes", 6, "comes later"}, {"notes", -1, "comes later"}} {
		if err := j.Tell(misuse.listener, misuse.upTo); err == nil || !strings.Contains(err.Error(), misuse.want) {
			t.Errorf("%q up to %d: %v", misuse.listener, misuse.upTo, err)
		}
	}
}
