//go:build unix

package record

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestMemoryIsTheFile: whatever is written, the journal that wrote it and one that reads it give the same answers.
func TestMemoryIsTheFile(t *testing.T) {
	dir, run := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		path := filepath.Join(dir, fmt.Sprint(run))
		j, err := Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		for range rapid.IntRange(0, 20).Draw(t, "lines") {
			if err := randomLine(t, j); err != nil {
				t.Fatal(err)
			}
		}
		read, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		defer read.Close()
		same := differ(j.View, read)
		if same != "" {
			t.Fatalf("(-written +read):\n%s", same)
		}
		report, err := Verify(path)
		if err != nil || report.Broken != 0 || report.Lines != j.seq {
			t.Fatalf("%+v, %v", report, err)
		}
	})
}

// differ tells what two views know differently.
func differ(a, b *View) string {
	return cmp.Diff(a, b, cmp.AllowUnexported(View{}, known{}, shelf{}, slot{}, traits{}, words{}, place{}, address{}, fates{}, fate{}, ending{}),
		cmpopts.IgnoreFields(View{}, "store", "mu", "known.found"))
}

func randomLine(t *rapid.T, j *Journal) error {
	e := Entry{
		Commit:      rapid.SampledFrom([]string{"c1", "c2", "c3"}).Draw(t, "commit"),
		Environment: rapid.SampledFrom([]string{"test", "prod"}).Draw(t, "environment"),
		Group:       rapid.SampledFrom([]string{"", "eu", "us"}).Draw(t, "group"),
		Subject:     rapid.String().Draw(t, "subject"),
		Status:      Status{Context: rapid.SampledFrom([]string{"", "sluice/prod"}).Draw(t, "context")},
		Inventory:   rapid.SampledFrom([][]gateway.Key{nil, {}, {{Kind: gateway.GlobalRules, ID: "1"}}}).Draw(t, "inventory"),
		Digest:      rapid.SampledFrom([]string{"", "d1", "d2"}).Draw(t, "digest"),
		Live:        rapid.SampledFrom([]string{"", "d1", "d2"}).Draw(t, "live"),
	}
	final := rapid.SampledFrom([]State{Applied, Unchanged, Held, Failed, RolledBack, Superseded}).Draw(t, "state")
	outbox, open := j.Outbox(), openIDs(j)
	switch rapid.IntRange(0, 7).Draw(t, "what") {
	case 0:
		e.State = Applying
		_, err := j.Begin(e)
		return err
	case 1:
		if len(open) > 0 {
			begun := j.View.open[rapid.SampledFrom(open).Draw(t, "open")]
			begun.State, begun.Live, begun.Inventory, begun.Status = final, e.Live, e.Inventory, e.Status
			return j.Finish(begun)
		}
	case 2:
		if len(outbox) > 0 {
			return j.Posted(rapid.SampledFrom(outbox).Draw(t, "status"))
		}
	case 3:
		return j.Pause(Pause{Environment: e.Environment, By: "ann", Until: time.Now().Add(time.Hour)})
	case 4:
		if _, paused := j.Paused(e.Environment); paused {
			return j.Resume(e.Environment, "bob")
		}
	case 5:
		return j.Tell(rapid.SampledFrom([]string{"notes", "notifications/ops"}).Draw(t, "listener"), rapid.Int64Range(0, j.seq).Draw(t, "upTo"))
	case 6:
		return j.Act(Act{Kind: ActSync, Environment: e.Environment, By: "ann"})
	}
	e.State = final
	return j.Note(e)
}

func openIDs(j *Journal) []int64 {
	var ids []int64
	for id := range j.View.open {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// TestReadersBesideAWriter reads and verifies while lines are written: no reader ever sees a broken chain, or fewer lines
// than were there when it began.
func TestReadersBesideAWriter(t *testing.T) {
	j := fresh(t)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 20 {
				before, _ := j.Last("prod", "prod-eu")
				view, err := Read(j.path)
				if err != nil {
					t.Error(err)
					return
				}
				if last, _ := view.Last("prod", "prod-eu"); last.ID < before.ID {
					t.Errorf("read %d after %d was written", last.ID, before.ID)
				}
				if _, err := j.Entries(Filter{Limit: 5}); err != nil {
					t.Error(err)
				}
				_ = view.Close()
			}
		})
	}
	for range 100 {
		must(t, j.Note(entry("c1", Held)))
	}
	readers.Wait()
}

// TestNoPlaceForAValue: the types that reach the file hold names, numbers and times, and nothing that could carry a piece of
// configuration unseen.
func TestNoPlaceForAValue(t *testing.T) {
	var walk func(of reflect.Type, at string)
	walk = func(of reflect.Type, at string) {
		switch {
		case of == reflect.TypeFor[time.Time]():
			return
		case of == reflect.TypeFor[gateway.Secret](), of == reflect.TypeFor[gateway.Resource]():
			t.Errorf("%s can hold a secret", at)
		}
		switch of.Kind() {
		case reflect.Struct:
			for i := range of.NumField() {
				walk(of.Field(i).Type, at+"."+of.Field(i).Name)
			}
		case reflect.Slice, reflect.Pointer:
			walk(of.Elem(), at)
		case reflect.String, reflect.Int, reflect.Int64, reflect.Bool:
		default:
			t.Errorf("%s is of kind %s, which can hold anything", at, of.Kind())
		}
	}
	walk(reflect.TypeFor[line](), "line")
}

// FuzzRead: no file makes the reader panic, and what it accepts, a journal opens and goes on with.
func FuzzRead(f *testing.F) {
	whole, err := encode(line{Seq: 1, Prev: genesis, Type: note, Entry: &Entry{ID: 1, State: Held}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:40])
	f.Add(append(bytes.Clone(whole), 0, 0, '\n'))
	for _, body := range []string{
		`{"seq":1,"prev":"` + genesis + `","type":"posted"`,
		`{"seq":1,"prev":"` + genesis + `","type":"finish","entry":null`,
		`{"seq":1,"prev":"` + genesis + `","type":"begin","entry":{"id":1,"state":"applying","inventory":["routes/a"]}`,
	} {
		f.Add([]byte(body + crcText([]byte(body)) + "\n"))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(t.TempDir(), "journal.db")
		must(t, os.WriteFile(path, raw, 0o600))
		view, err := Read(path)
		if err != nil {
			return
		}
		defer view.Close()
		read := all(t, view)
		j := open(t, path)
		must(t, j.Note(entry("c1", Held)))
		if again := all(t, j.View); len(again) != len(read)+1 {
			t.Errorf("%d entries, then %d", len(read), len(again))
		}
	})
}
