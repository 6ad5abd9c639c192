package record

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// searched are few words, so that filters meet entries.
var searched = struct {
	commits, environments, groups, authors, reasons, texts []string
}{
	[]string{"aa11", "aa22", "bb33"}, []string{"test", "prod"}, []string{"", "eu", "us"},
	[]string{"", "Ada <ada@acme.example>", "Bob"}, []string{"commit", "drift", "rotation", "x"},
	[]string{"", `say "Hi" <b>`, "ÄRGER\u2028", "nothing to change", "\xff\\"},
}

func drawnEntry(t *rapid.T) Entry {
	e := Entry{
		Commit:      rapid.SampledFrom(searched.commits).Draw(t, "commit"),
		Environment: rapid.SampledFrom(searched.environments).Draw(t, "environment"),
		Group:       rapid.SampledFrom(searched.groups).Draw(t, "group"),
		Author:      rapid.SampledFrom(searched.authors).Draw(t, "author"),
		Reason:      rapid.SampledFrom(searched.reasons).Draw(t, "reason"),
		Subject:     rapid.SampledFrom(searched.texts).Draw(t, "subject"),
		Text:        rapid.SampledFrom(searched.texts).Draw(t, "text"),
		Error:       rapid.SampledFrom(searched.texts).Draw(t, "error"),
		Started:     time.Unix(1e9+int64(rapid.IntRange(0, 9).Draw(t, "second")), 5),
		State:       rapid.SampledFrom([]State{Applied, Held, Superseded}).Draw(t, "state"),
	}
	for _, id := range rapid.SliceOfN(rapid.StringMatching("[a-z]"), 0, 3).Draw(t, "changes") {
		e.Changes = append(e.Changes, ChangeLine{Op: plan.Update, Key: gateway.Key{Kind: gateway.Routes, ID: id}})
	}
	return e
}

func drawnFilter(t *rapid.T, newest int64) Filter {
	maybe := func(values []string, name string) string {
		return rapid.SampledFrom(append([]string{"", ""}, values...)).Draw(t, name)
	}
	f := Filter{
		Environment: maybe(searched.environments, "of environment"), Group: maybe(searched.groups, "of group"),
		Whole: rapid.IntRange(0, 3).Draw(t, "whole") == 0, Commit: maybe(searched.commits, "of commit"),
		CommitPrefix: maybe([]string{"a", "aa1", "c"}, "prefix"), State: State(maybe([]string{"applied", "held", "applying"}, "of state")),
		ForCommit: rapid.IntRange(0, 3).Draw(t, "for commit") == 0,
		Open:      rapid.IntRange(0, 5).Draw(t, "open") == 0, Reason: maybe(append(searched.reasons, "y"), "of reason"),
		Author: maybe([]string{"ADA", "bob", "eve"}, "of author"), Text: maybe([]string{`"hi"`, "ärger", "<B>", "\\", "change"}, "of text"),
		Before: rapid.Int64Range(0, newest+1).Draw(t, "before"),
	}
	if id := maybe([]string{"a", "b"}, "resource"); id != "" {
		f.Resource = gateway.Key{Kind: gateway.Routes, ID: id}
	}
	if rapid.IntRange(0, 2).Draw(t, "timed") == 0 {
		f.Since = time.Unix(1e9+int64(rapid.IntRange(0, 9).Draw(t, "since")), 0)
		f.Until = f.Since.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "seconds")) * time.Second)
	}
	return f
}

// naive reads all and looks at each.
func naive(all []Entry, f Filter) []Entry {
	low := strings.ToLower
	var found []Entry
	for _, e := range all {
		has := f.Resource == gateway.Key{}
		for _, c := range e.Changes {
			has = has || c.Key == f.Resource
		}
		if has && (f.Environment == "" || f.Environment == e.Environment) && (f.Group == "" || f.Group == e.Group) &&
			(!f.Whole || e.Group == "") && (f.Commit == "" || f.Commit == e.Commit) && strings.HasPrefix(e.Commit, f.CommitPrefix) &&
			(f.State == "" || f.State == e.State) && (!f.Open || !e.State.Final()) && (f.Reason == "" || f.Reason == e.Reason) && (!f.ForCommit || e.Reason != "drift" && e.Reason != "rotation") &&
			strings.Contains(low(e.Author), low(f.Author)) &&
			(strings.Contains(low(e.Subject), low(f.Text)) || strings.Contains(low(e.Text), low(f.Text)) || strings.Contains(low(e.Error), low(f.Text))) &&
			(f.Since.IsZero() || !e.Started.Before(f.Since)) && (f.Until.IsZero() || e.Started.Before(f.Until)) && (f.Before == 0 || e.ID < f.Before) {
			found = append(found, e)
		}
	}
	return found
}

// TestASearchIsANaiveFilter holds searches, page by page and however few lines each may read, against a look at every entry.
func TestASearchIsANaiveFilter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		j, err := OpenStore(&memory{partial: -1}, nil, nil)
		must(t, err)
		for range rapid.IntRange(1, 30).Draw(rt, "entries") {
			e := drawnEntry(rt)
			if rapid.IntRange(0, 4).Draw(rt, "under way") > 0 {
				must(t, j.Note(e))
				continue
			}
			e.State = Applying
			_, err := j.Begin(e)
			must(t, err)
		}
		every := all(t, j.View)
		slices.SortFunc(every, func(a, b Entry) int { return int(b.ID - a.ID) })
		f := drawnFilter(rt, int64(len(every)))
		f.Limit = rapid.IntRange(1, 4).Draw(rt, "limit")
		lines := rapid.IntRange(1, 40).Draw(rt, "lines")
		var got []Entry
		want := naive(every, f)
		for pages := 0; ; pages++ {
			found, err := j.search(t.Context(), f, lines, time.Time{})
			must(t, err)
			got = append(got, found.Entries...)
			if f.Before = found.Next; f.Before == 0 {
				break
			}
			if pages > len(every) {
				rt.Fatal("it never ends")
			}
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("%+v (-want +got)\n%s", f, diff)
		}
	})
}

// TestASearchEndsWithItsContext looks for what is nowhere.
func TestASearchEndsWithItsContext(t *testing.T) {
	j := fresh(t)
	must(t, j.Note(entry("c1", Held)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := j.Search(ctx, Filter{Text: "nowhere"}); err == nil {
		t.Error("a search went on after its context had ended")
	}
}

// TestASearchThatTakesLongSaysSo stops behind the line that it is at, and goes on there.
func TestASearchThatTakesLongSaysSo(t *testing.T) {
	j := fresh(t)
	for range 3 {
		must(t, j.Note(entry("c1", Held)))
	}
	found, err := j.search(t.Context(), Filter{Text: "nowhere"}, 0, time.Now().Add(-time.Second))
	if err != nil || !found.Early || found.Next != 3 {
		t.Errorf("%+v, %v", found, err)
	}
	found, err = j.search(t.Context(), Filter{Text: "nowhere", Before: 2}, 0, time.Now().Add(-time.Second))
	if err != nil || found.Early || found.Next != 0 {
		t.Errorf("at the last one: %+v, %v", found, err)
	}
}

// long writes a journal of n entries that say text, chained and guarded as the real ones, without syncing each.
func long(tb testing.TB, n int, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "journal.db")
	file, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w, prev := bufio.NewWriter(file), genesis
	for i := range int64(n) {
		e := Entry{
			ID: i + 1, Commit: fmt.Sprintf("%040x", i/8*7919), Subject: fmt.Sprintf("change %d of the routes of the shop", i/8),
			Author: fmt.Sprintf("Person %d <p%d@acme.example>", i/8%40, i/8%40), Environment: []string{"test", "uat", "prod"}[i%3],
			Reason: "commit", State: Applied, Text: text, Started: time.Unix(1e9+i, 0), Finished: time.Unix(1e9+i, 0),
		}
		if i%8 != 0 {
			e.Group = fmt.Sprintf("%s-%d", e.Environment, i%50)
			e.Changes = []ChangeLine{{plan.Update, gateway.Key{Kind: gateway.Routes, ID: fmt.Sprintf("r%d", i*31%5000)}, plan.Switch}}
		}
		if i%1000 == 500 {
			e.State, e.Error = Held, "guard maxDeletes: 12 of 40"
		}
		raw, err := encode(line{Seq: i + 1, Prev: prev, Type: note, Time: e.Started, Entry: &e})
		if err != nil {
			tb.Fatal(err)
		}
		prev = hash(raw)
		if _, err := w.Write(raw); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := file.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

// BenchmarkSearch asks a journal of 100,000 entries for the first page of 50.
func BenchmarkSearch(b *testing.B) {
	view, err := Read(long(b, 100_000, "1 updated"))
	if err != nil {
		b.Fatal(err)
	}
	defer view.Close()
	for name, f := range map[string]Filter{
		"newest": {}, "environment": {Environment: "prod"}, "group": {Environment: "prod", Group: "prod-5"}, "state": {State: Held},
		"no such state": {State: RolledBack}, "author": {Author: "person 7 "}, "commit": {Commit: fmt.Sprintf("%040x", 100*7919)},
		"commit prefix": {CommitPrefix: fmt.Sprintf("%040x", 100*7919)[:39]}, "resource": {Resource: gateway.Key{Kind: gateway.Routes, ID: "r31"}},
		"text": {Text: "change 12001 of"}, "text nowhere": {Text: "nowhere"}, "oldest page": {Before: 50},
	} {
		f.Limit = 50
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := view.Search(b.Context(), f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
