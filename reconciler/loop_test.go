package reconciler_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

// slowSource is a repository that takes its time and is not there.
type slowSource struct {
	takes time.Duration
	began []time.Duration // when each look began, since start
	start time.Time
}

func (s *slowSource) Latest(ctx context.Context) (source.Snapshot, error) {
	s.began = append(s.began, time.Since(s.start))
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
	}
	return source.Snapshot{}, errors.New("out of reach")
}

func (s *slowSource) Head(context.Context) (string, error) { return "", errors.New("out of reach") }

// runFor runs the loop around a source for so long.
func runFor(t *testing.T, s *slowSource, long time.Duration, nudges chan struct{}, meanwhile func()) {
	t.Helper()
	journal, err := record.Open(filepath.Join(t.TempDir(), "journal"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	r, err := reconciler.New(reconciler.Config{Source: s, Journal: journal})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), long)
	defer stop()
	go meanwhile()
	if err := r.Run(ctx, nudges); err != nil {
		t.Error(err)
	}
}

func TestAtMostOnePassRunsAndOneWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowSource{takes: 10 * time.Second, start: time.Now()}
		nudges := make(chan struct{}, 1)
		runFor(t, s, 25*time.Second, nudges, func() {
			for range 100 { // all of them during the first pass
				time.Sleep(50 * time.Millisecond)
				select {
				case nudges <- struct{}{}:
				default:
				}
			}
		})
		want := []time.Duration{0, 10 * time.Second, 22 * time.Second} // the third after the second backoff
		if diff := cmp.Diff(want, s.began); diff != "" {
			t.Errorf("passes began at (-want +got):\n%s", diff)
		}
	})
}

func TestTheWaitAfterTroubleDoublesUpToABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowSource{start: time.Now()}
		runFor(t, s, 5*time.Minute, nil, func() {})
		var waits []time.Duration
		for i := 1; i < len(s.began); i++ {
			waits = append(waits, s.began[i]-s.began[i-1])
		}
		want := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60}
		for i := range want {
			want[i] *= time.Second
		}
		if diff := cmp.Diff(want, waits); diff != "" {
			t.Errorf("waits (-want +got):\n%s", diff)
		}
	})
}
