package insight

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/source"
)

func event(env, commit string, state record.State) reconciler.Event {
	return reconciler.Event{Environment: env, Commit: source.Commit{Hash: commit}, State: state}
}

// TestFollow: every reader gets every notice, and its channel ends with its context.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(Config{})
		ctx, cancel := context.WithCancel(t.Context())
		first, second := m.Follow(ctx), m.Follow(t.Context())
		m.Tell(event("prod", "c1", record.Planning))
		want := Notice{Environment: "prod", Commit: "c1", State: "planning"}
		for _, reader := range []<-chan Notice{first, second} {
			if got := <-reader; got != want {
				t.Errorf("got %+v", got)
			}
		}
		cancel()
		synctest.Wait()
		if _, open := <-first; open {
			t.Error("a notice came after the end")
		}
		m.Tell(event("prod", "c1", record.Applied))
		if got := <-second; got.State != "applied" {
			t.Errorf("got %+v", got)
		}
	})
}

// TestWhoFallsBehindLooksAgain: nobody waits for a slow reader, which learns that it has missed something.
func TestWhoFallsBehindLooksAgain(t *testing.T) {
	m := New(Config{})
	slow := m.Follow(t.Context())
	for range mostNotices + 10 {
		m.Tell(event("prod", "c1", record.Planning))
	}
	var got []Notice
	for len(slow) > 0 {
		got = append(got, <-slow)
	}
	if len(got) != 10 || got[0] != (Notice{}) {
		t.Errorf("%d notices, the first is %+v", len(got), got[0])
	}
}

// TestRunTellsWhatIsNoStep changes the status without an event, with and without somebody who follows.
func TestRunTellsWhatIsNoStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var status atomic.Pointer[reconciler.Status]
		status.Store(&reconciler.Status{Head: "c1", Environments: []reconciler.EnvironmentStatus{{
			Name: "prod", Groups: []reconciler.GroupStatus{{Name: "eu"}},
		}}})
		m := New(Config{Status: func() reconciler.Status { return *status.Load() }})
		go m.Run(t.Context())
		synctest.Wait()
		reader := m.Follow(t.Context())
		set := func(alter func(*reconciler.EnvironmentStatus)) {
			next := *status.Load()
			env := next.Environments[0]
			env.Groups = []reconciler.GroupStatus{env.Groups[0]}
			alter(&env)
			next.Environments = []reconciler.EnvironmentStatus{env}
			status.Store(&next)
		}
		for i, change := range []struct {
			alter func()
			want  []Notice
		}{
			{func() {}, nil},
			{func() { set(func(e *reconciler.EnvironmentStatus) { e.Paused = "paused" }) }, []Notice{{Environment: "prod"}}},
			{func() { set(func(e *reconciler.EnvironmentStatus) { e.Groups[0].Drift = 1 }) }, []Notice{{Environment: "prod"}}},
			{func() { set(func(e *reconciler.EnvironmentStatus) { e.Until = time.Now() }) }, []Notice{{Environment: "prod"}}},
			{func() { status.Store(&reconciler.Status{Head: "c2", Environments: status.Load().Environments}) }, []Notice{{}}},
			{func() { status.Store(&reconciler.Status{Head: "c2"}) }, []Notice{{}}},
		} {
			change.alter()
			time.Sleep(lookEvery)
			synctest.Wait()
			var got []Notice
			for len(reader) > 0 {
				got = append(got, <-reader)
			}
			if diff := cmp.Diff(change.want, got); diff != "" {
				t.Errorf("change %d (-want +got)\n%s", i, diff)
			}
		}
	})
}

// TestStepsAreBounded tells of more turns, and of more steps of one, than are remembered.
func TestStepsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s steps
		s.take(event("prod", "c0", record.Queued))
		for range 3 * mostSteps {
			time.Sleep(time.Second)
			s.take(event("prod", "c1", record.Planning))
			s.take(event("prod", "c1", record.Queued))
		}
		if got := s.of("prod", "c1"); len(got) != mostSteps || !got[0].End.Equal(got[1].At) {
			t.Errorf("%d steps, the first %+v", len(got), got[0])
		}
		for i := range mostTurns - 1 {
			s.take(event("env", string(rune('a'+i)), record.Queued))
		}
		if len(s.of("prod", "c0")) != 0 || len(s.of("prod", "c1")) == 0 || len(s.turns) != mostTurns || len(s.order) != mostTurns {
			t.Errorf("%d turns, %d in order", len(s.turns), len(s.order))
		}
	})
}
