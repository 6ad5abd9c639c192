package record

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestRefresh: whatever a writer does meanwhile, a view that is refreshed knows what one that is opened anew knows.
func TestRefresh(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store := &memory{partial: -1}
		follower := newView(store)
		for range rapid.IntRange(1, 5).Draw(t, "writers") {
			j, err := OpenStore(store, nil, nil) // cuts what the writer before has left torn
			if err != nil {
				t.Fatal(err)
			}
			for range rapid.IntRange(0, 4).Draw(t, "lines") {
				store.partial = rapid.SampledFrom([]int{-1, -1, -1, 0, 40}).Draw(t, "partial")
				store.cuts = rapid.IntRange(0, 1).Draw(t, "cuts")
				_ = randomLine(t, j)
				store.partial = -1
				if rapid.Bool().Draw(t, "look") {
					same(t, store, follower)
				}
			}
			store.cuts = 0
			same(t, store, follower)
		}
	})
}

func same(t *rapid.T, store Store, follower *View) {
	if err := follower.Refresh(); err != nil {
		t.Fatal(err)
	}
	anew, err := ReadStore(store, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := differ(follower, anew); diff != "" {
		t.Fatalf("(-refreshed +anew):\n%s", diff)
	}
}

// TestRefreshAfterALineWasTakenBack: a follower forgets what another writer has cut off, also when a line of the same length
// stands in its place.
func TestRefreshAfterALineWasTakenBack(t *testing.T) {
	store := &memory{partial: -1}
	j, err := OpenStore(store, nil, nil)
	must(t, err)
	must(t, j.Note(entry("c1", Held)))
	before := len(store.raw)
	must(t, j.Note(entry("c2", Held)))
	follower, err := ReadStore(store, nil)
	must(t, err)

	store.raw = store.raw[:before]
	must(t, follower.Refresh())
	check(t, "entries", "c1", commits(t, follower))
	j, err = OpenStore(store, nil, nil)
	must(t, err)
	must(t, follower.Refresh())
	must(t, j.Note(entry("c3", Held)))
	must(t, follower.Refresh())
	check(t, "entries", "c3 c1", commits(t, follower))
}

// TestRefreshOfAnUnreadableStore shows what was known, and says that it is not new.
func TestRefreshOfAnUnreadableStore(t *testing.T) {
	store := &memory{partial: -1}
	j, err := OpenStore(store, nil, nil)
	must(t, err)
	must(t, j.Note(entry("c1", Held)))
	follower, err := ReadStore(store, nil)
	must(t, err)
	store.unread = errFault
	if err := follower.Refresh(); !errors.Is(err, errFault) {
		t.Fatalf("got %v", err)
	}
	store.unread = nil
	check(t, "entries", "c1", commits(t, follower))
}

// TestTakeOver: what one writer leaves behind, half a line and an open entry, the next one finds as a restart would.
func TestTakeOver(t *testing.T) {
	store := &memory{partial: -1}
	first, err := OpenStore(store, nil, nil)
	must(t, err)
	next, err := Follow(store, nil)
	must(t, err)
	_, err = first.Begin(entry("c1", Applying))
	must(t, err)
	must(t, next.Refresh())
	store.partial, store.cuts = 40, 1
	if err := first.Note(entry("lost", Held)); err == nil {
		t.Fatal("no error")
	}
	store.partial, store.cuts = -1, 0

	if err := next.Note(entry("early", Held)); !errors.Is(err, ErrFollowed) {
		t.Errorf("a journal that is followed was written to: %v", err)
	}
	first.HandOver()
	must(t, next.TakeOver(make([]byte, markKeySize)))
	left := next.Interrupted()
	if len(left) != 1 || left[0].Commit != "c1" {
		t.Fatalf("interrupted: %+v", left)
	}
	left[0].State = Failed
	must(t, next.Finish(left[0]))
	must(t, next.Note(entry("c2", Held)))
	check(t, "entries", "c2 c1", commitsIn(t, store))
	check(t, "marks can be made", true, next.MarkSecret("secret(db)", gateway.NewSecret("db", "x")).Mark != "")
	must(t, first.Refresh())
	if err := first.Note(entry("late", Held)); !errors.Is(err, ErrFollowed) {
		t.Errorf("a journal that was handed over was written to: %v", err)
	}
	next.HandOver()
	must(t, first.TakeOver(nil))
	must(t, first.Note(entry("c3", Held)))
	check(t, "entries", "c3 c2 c1", commitsIn(t, store))
}
