package forge

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/record"
)

// box is an outbox in memory with the rule of the journal: the newest for each commit and context.
type box struct {
	mu      sync.Mutex
	waiting []record.Entry
	id      int64
}

func (b *box) put(commit, text string, state record.StatusState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = slices.DeleteFunc(b.waiting, func(e record.Entry) bool { return e.Commit == commit })
	b.id++
	b.waiting = append(b.waiting, record.Entry{
		ID: b.id, Commit: commit, Started: time.Now(), Status: record.Status{Context: "sluice/prod", State: state, Text: text},
	})
}

func (b *box) Outbox() []record.Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.waiting)
}

func (b *box) Posted(e record.Entry) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = slices.DeleteFunc(b.waiting, func(other record.Entry) bool { return other.ID == e.ID })
	return nil
}

// place is a forge that answers as it is told, and keeps what it took.
type place struct {
	answer func(commit string) error
	took   []string
	at     []time.Duration
	begun  time.Time
}

func (p *place) SetStatus(_ context.Context, commit string, s Status) error {
	if p.answer != nil {
		if err := p.answer(commit); err != nil {
			return err
		}
	}
	p.took = append(p.took, commit+": "+s.Text)
	p.at = append(p.at, time.Since(p.begun))
	return nil
}

// deliver runs a Delivery for so long in a bubble of time.
func deliver(t *testing.T, long time.Duration, b *box, p *place, spacing time.Duration, meanwhile func(wake chan<- struct{})) *Delivery {
	t.Helper()
	d := &Delivery{Outbox: b, Forge: p, Spacing: spacing}
	p.begun = time.Now()
	ctx, stop := context.WithTimeout(t.Context(), long)
	defer stop()
	wake := make(chan struct{}, 1)
	go meanwhile(wake)
	d.Run(ctx, wake)
	return d
}

// TestAnEntryShowsItsEndAfterItsBeginning has one entry ask for two statuses, as a rollback does: when it begins, and when it has ended.
func TestAnEntryShowsItsEndAfterItsBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := &box{}, &place{}
		b.put("c1", "rolling back", record.StatusPending)
		deliver(t, time.Minute, b, p, 0, func(wake chan<- struct{}) {
			time.Sleep(10 * time.Second)
			b.id-- // it is the same entry
			b.put("c1", "rolled back", record.StatusFailure)
			wake <- struct{}{}
		})
		if diff := cmp.Diff([]string{"c1: rolling back", "c1: rolled back"}, p.took); diff != "" {
			t.Errorf("the forge took (-want +got):\n%s", diff)
		}
	})
}

func TestAForgeThatWasDownCatchesUpWithTheLastState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := &box{}, &place{}
		up := time.Now().Add(24 * time.Hour)
		p.answer = func(string) error {
			if time.Now().Before(up) {
				return &Error{Class: Unavailable, What: "connection refused"}
			}
			return nil
		}
		d := deliver(t, 25*time.Hour, b, p, 0, func(chan<- struct{}) {
			for _, text := range []string{"queued", "wave 1/2", "done"} {
				b.put("c1", text, record.StatusSuccess)
				time.Sleep(time.Hour)
			}
			b.put("c2", "done as well", record.StatusFailure)
		})
		if diff := cmp.Diff([]string{"c1: done", "c2: done as well"}, p.took); diff != "" {
			t.Errorf("posted (-want +got):\n%s", diff)
		}
		if late := p.at[0] - 24*time.Hour; late > longestWait {
			t.Errorf("caught up %v after the forge was back, want at most %v", late, longestWait)
		}
		if len(d.Troubles()) > 0 {
			t.Errorf("trouble is still told: %v", d.Troubles())
		}
	})
}

func TestAPendingStatusWaitsAMomentAndAFinalOneDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := &box{}, &place{}
		deliver(t, time.Minute, b, p, 0, func(wake chan<- struct{}) {
			b.put("quick", "applying", record.StatusPending)
			b.put("slow", "applying", record.StatusPending)
			wake <- struct{}{}
			time.Sleep(time.Second)
			b.put("quick", "applied", record.StatusSuccess)
			wake <- struct{}{}
		})
		if diff := cmp.Diff([]string{"quick: applied", "slow: applying"}, p.took); diff != "" {
			t.Errorf("posted (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]time.Duration{time.Second, calm}, p.at); diff != "" {
			t.Errorf("when (-want +got):\n%s", diff)
		}
	})
}

func TestALimitIsKeptThoughOthersWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := &box{}, &place{}
		limited := false
		p.answer = func(string) error {
			if !limited {
				limited = true
				return &Error{Class: Limited, After: 90 * time.Second}
			}
			return nil
		}
		b.put("c", "done", record.StatusSuccess)
		deliver(t, 5*time.Minute, b, p, 0, func(wake chan<- struct{}) {
			for range 10 {
				time.Sleep(time.Second)
				select {
				case wake <- struct{}{}:
				default:
				}
			}
		})
		if diff := cmp.Diff([]time.Duration{90 * time.Second}, p.at); diff != "" {
			t.Errorf("when (-want +got):\n%s", diff)
		}
	})
}

func TestAStatusThatIsNeverTakenHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := &box{}, &place{}
		p.answer = func(commit string) error {
			if commit == "gone" {
				return &Error{Class: Final, Status: 422, What: "No commit found for SHA: gone"}
			}
			return nil
		}
		b.put("gone", "done", record.StatusSuccess)
		b.put("here", "done", record.StatusSuccess)
		deliver(t, time.Minute, b, p, time.Second, func(chan<- struct{}) {})
		if diff := cmp.Diff([]string{"here: done"}, p.took); diff != "" {
			t.Errorf("posted (-want +got):\n%s", diff)
		}
		if left := b.Outbox(); len(left) != 0 {
			t.Errorf("still waiting: %v", left)
		}
	})
}

func TestStatusesKeepTheirDistance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := &box{}, &place{}
		for _, commit := range []string{"a", "b", "c"} {
			b.put(commit, "done", record.StatusSuccess)
		}
		deliver(t, time.Minute, b, p, time.Second, func(chan<- struct{}) {})
		if diff := cmp.Diff([]time.Duration{0, time.Second, 2 * time.Second}, p.at); diff != "" {
			t.Errorf("when (-want +got):\n%s", diff)
		}
	})
}

// deployed keeps what it is told of deployments, after what it answers first.
type deployed struct {
	answers []error
	told    []string
}

func (d *deployed) SetDeployment(_ context.Context, one Deployment) error {
	if len(d.answers) > 0 {
		first := d.answers[0]
		d.answers = d.answers[1:]
		return first
	}
	d.told = append(d.told, fmt.Sprintf("%s %s %d %s", one.Commit, one.Environment, one.State, one.Text))
	return nil
}

// TestDeployments goes the way of a commit: only what happens at gateways is a deployment, each status is posted once, and what is refused
// keeps nothing back.
func TestDeployments(t *testing.T) {
	denied, down := &Error{Class: Denied, What: "no right"}, &Error{Class: Unavailable, What: "down"}
	tests := []struct {
		name    string
		answers []error
		want    []string
		trouble int
	}{
		{"all goes well", nil, []string{"c2 prod 1 applying", "c3 prod 2 applied", "c4 prod 3 failed", "c5 prod 4 carried"}, 0},
		{"the forge is down for a while", []error{down, down}, []string{"c2 prod 1 applying", "c3 prod 2 applied", "c4 prod 3 failed", "c5 prod 4 carried"}, 0},
		{"the right is missing", []error{denied, denied, denied, denied}, nil, 1},
		{"the right comes later", []error{denied, denied, denied}, []string{"c5 prod 4 carried"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, p, at := &box{}, &place{}, &deployed{answers: tt.answers}
				for i, state := range []record.State{record.Queued, record.Applying, record.Applied, record.Failed, record.Superseded} {
					text := map[int]string{0: "queued", 1: "applying", 2: "applied", 3: "failed", 4: "carried"}[i]
					b.put(fmt.Sprint("c", i+1), text, record.StatusSuccess)
					b.waiting[i].State, b.waiting[i].Environment = state, "prod"
				}
				d := &Delivery{Outbox: b, Forge: p, Deployments: at}
				ctx, stop := context.WithTimeout(t.Context(), time.Minute)
				defer stop()
				d.Run(ctx, nil)
				if diff := cmp.Diff(tt.want, at.told); diff != "" {
					t.Errorf("deployments (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff([]string{"c1: queued", "c2: applying", "c3: applied", "c4: failed", "c5: carried"}, p.took); diff != "" {
					t.Errorf("statuses (-want +got):\n%s", diff)
				}
				if got := d.Troubles(); len(got) != tt.trouble || len(b.Outbox()) > 0 {
					t.Errorf("trouble %+v, %d are left", got, len(b.Outbox()))
				}
			})
		})
	}
}

// TestAnEntryIsPostedAsItEnds: a rollback is one entry with two statuses, when it begins and when it has ended.
func TestAnEntryIsPostedAsItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := &box{}, &place{}
		deliver(t, time.Minute, b, p, 0, func(wake chan<- struct{}) {
			b.put("c1", "prod goes back", record.StatusPending)
			wake <- struct{}{}
			time.Sleep(10 * time.Second)
			b.id-- // the same entry
			b.put("c1", "prod runs c0 again", record.StatusFailure)
			wake <- struct{}{}
		})
		if diff := cmp.Diff([]string{"c1: prod goes back", "c1: prod runs c0 again"}, p.took); diff != "" {
			t.Errorf("posted (-want +got):\n%s", diff)
		}
	})
}
