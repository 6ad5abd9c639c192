package insight_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

func journalOf(t *testing.T) (*record.Journal, *insight.Model) {
	t.Helper()
	journal, err := record.Open(filepath.Join(t.TempDir(), "journal"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { journal.Close() })
	return journal, insight.New(insight.Config{
		Past: journal.View, Mirror: noMirror{}, Status: func() reconciler.Status { return reconciler.StatusFromJournal(journal.View) },
	})
}

// TestPagesOfHistoryLoseNothing pages through entries, pauses and acts that came in any order: all of them are shown, each once, in the time of
// its page.
func TestPagesOfHistoryLoseNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			journal, model := journalOf(t)
			wanted := map[string]int{}
			for range rapid.IntRange(0, 25).Draw(rt, "lines") {
				time.Sleep(time.Second)
				var err error
				switch rapid.IntRange(0, 3).Draw(rt, "what") {
				case 0:
					err = journal.Pause(record.Pause{Environment: "prod", By: "ada", Until: time.Now().Add(time.Hour)})
					wanted["p"+time.Now().UTC().String()]++
				case 1:
					err = journal.Act(record.Act{Kind: record.ActSync, By: "ada"})
					wanted["a"+time.Now().UTC().String()]++
				default:
					err = journal.Note(record.Entry{Commit: "c1", Environment: "prod", State: record.Held})
					wanted["e"+time.Now().UTC().String()]++
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			got := map[string]int{}
			q := insight.HistoryQuery{Limit: rapid.IntRange(1, 4).Draw(rt, "limit")}
			for {
				page, err := model.History(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range page.Entries {
					got["e"+e.Started.UTC().String()]++
				}
				for _, p := range page.Pauses {
					got["p"+p.At.UTC().String()]++
				}
				for _, a := range page.Acts {
					got["a"+a.At.UTC().String()]++
				}
				if q.Before = page.Next; q.Before == 0 {
					break
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(wanted) {
				rt.Fatalf("got  %v\nwant %v", got, wanted)
			}
		})
	})
}

// TestHistoryFilters asks in each way that there is.
func TestHistoryFilters(t *testing.T) {
	journal, model := journalOf(t)
	begun := time.Now()
	note := func(e record.Entry) {
		t.Helper()
		if err := journal.Note(e); err != nil {
			t.Fatal(err)
		}
	}
	note(record.Entry{Commit: "aa11", Environment: "test", Group: "t", State: record.Applied, Author: "Ada", Reason: "commit", Changes: []record.ChangeLine{{Key: parsed(t, "routes/login")}}})
	note(record.Entry{Commit: "aa11", Environment: "test", State: record.Applied, Author: "Ada", Reason: "commit", Text: "1 updated"})
	note(record.Entry{Commit: "aa22", Environment: "prod", State: record.Held, Author: "Bob", Reason: "commit", Error: "guard Protect"})
	note(record.Entry{Commit: "aa11", Environment: "prod", Group: "eu", State: record.Applied, Author: "Ada", Reason: "drift", Inventory: nil})
	if _, err := journal.Begin(record.Entry{Commit: "bb33", Environment: "prod", Group: "us", State: record.Applying, Reason: "commit"}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		q    insight.HistoryQuery
		want string
	}{
		{insight.HistoryQuery{}, "5 4 3 2 1"},
		{insight.HistoryQuery{Limit: 2}, "5 4 …4"},
		{insight.HistoryQuery{Limit: 2, Before: 4}, "3 2 …2"},
		{insight.HistoryQuery{Environment: "prod"}, "5 4 3"},
		{insight.HistoryQuery{Group: "eu"}, "4"},
		{insight.HistoryQuery{Whole: true}, "3 2"},
		{insight.HistoryQuery{State: "held"}, "3"},
		{insight.HistoryQuery{State: "open"}, "5"},
		{insight.HistoryQuery{Reason: "drift"}, "4"},
		{insight.HistoryQuery{Author: "ADA"}, "4 2 1"},
		{insight.HistoryQuery{Commit: "AA"}, "4 3 2 1"},
		{insight.HistoryQuery{Commit: "aa22"}, "3"},
		{insight.HistoryQuery{Resource: "routes/login"}, "1"},
		{insight.HistoryQuery{Resource: "routes/users"}, ""},
		{insight.HistoryQuery{Text: "protect"}, "3"},
		{insight.HistoryQuery{Since: begun.Add(time.Hour)}, ""},
		{insight.HistoryQuery{Until: begun.Add(-time.Hour)}, ""},
		{insight.HistoryQuery{Since: begun.Add(-time.Hour), Until: begun.Add(time.Hour), Author: "bob"}, "3"},
	} {
		page, err := model.History(t.Context(), tt.q)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range page.Entries {
			got = append(got, fmt.Sprint(e.ID))
		}
		if page.Next != 0 {
			got = append(got, fmt.Sprintf("…%d", page.Next))
		}
		if all := strings.Join(got, " "); all != tt.want {
			t.Errorf("%+v: got %s, want %s", tt.q, all, tt.want)
		}
		slices.Sort(page.Environments)
		if fmt.Sprint(page.Environments) != "[prod test]" {
			t.Errorf("environments %v", page.Environments)
		}
	}
}
