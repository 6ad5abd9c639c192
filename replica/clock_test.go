package replica

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestClock: a leader that etcd answers leads on; one that it does not answer stops before its lease ends, and not before that is
// needed.
func TestClock(t *testing.T) {
	const lease = 15 * time.Second
	tests := []struct {
		name   string
		renew  func(since time.Duration) error // since the lease was asked for
		leads  time.Duration                   // still, and a moment later no more
		lastly error
	}{
		{"silent from the beginning", func(time.Duration) error { return errSilent }, 12 * time.Second, errSilent},
		{"silent from then on", func(since time.Duration) error {
			if since < 22*time.Second {
				return nil
			}
			return errSilent
		}, 32 * time.Second, errSilent}, // asked at 5, 10, 15, 20 seconds
		{"answers only now and then", func(since time.Duration) error {
			if since < time.Minute && since.Truncate(time.Second)%(10*time.Second) == 0 {
				return nil
			}
			return errSilent
		}, 62 * time.Second, errSilent},
		{"lost", func(since time.Duration) error {
			if since < 8*time.Second {
				return nil
			}
			return errLost
		}, 10 * time.Second, errLost},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := time.Now()
				c := newClock(lease, asked)
				ended := make(chan error, 1)
				go func() {
					err := c.keep(t.Context(), func(context.Context) error { return test.renew(time.Since(asked)) })
					c.end(err)
					ended <- err
				}()
				time.Sleep(test.leads - 600*time.Millisecond)
				if err := c.holds(time.Now()); err != nil {
					t.Errorf("after %s: %v", time.Since(asked), err)
				}
				if err := <-ended; !errors.Is(err, test.lastly) {
					t.Errorf("ended with %v", err)
				}
				if late := time.Since(asked) - test.leads; late < -600*time.Millisecond || late > 600*time.Millisecond {
					t.Errorf("ended after %s, want %s", time.Since(asked), test.leads)
				}
				if err := c.holds(time.Now()); !errors.Is(err, ErrNotLeader) {
					t.Errorf("after the end: %v", err)
				}
			})
		})
	}
}

var errSilent = errors.New("no answer")

// TestClockCountsFromTheQuestion: an answer that took its time makes the term no longer than etcd does.
func TestClockCountsFromTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock(15*time.Second, time.Now())
		asked := false
		slow := func(ctx context.Context) error {
			if asked {
				<-ctx.Done()
				return ctx.Err()
			}
			asked = true
			time.Sleep(2 * time.Second) // asked at 5 s, answered at 7 s
			return nil
		}
		go func() { _ = c.keep(t.Context(), slow) }()
		time.Sleep(17*time.Second - time.Millisecond)
		if err := c.holds(time.Now()); err != nil {
			t.Errorf("at 17 s: %v", err)
		}
		time.Sleep(time.Millisecond)
		if err := c.holds(time.Now()); err == nil {
			t.Error("it leads for longer than the lease that was asked for at 5 s")
		}
	})
}

// TestClockAfterAJump: whichever clock of the machine says that the time is over, it is.
func TestClockAfterAJump(t *testing.T) {
	c := newClock(15*time.Second, time.Now())
	if err := c.holds(time.Now()); err != nil {
		t.Fatal(err)
	}
	// Round takes the reading of the monotonic clock away.
	if err := c.holds(time.Now().Round(0).Add(time.Hour)); !errors.Is(err, ErrNotLeader) {
		t.Errorf("the wall clock is an hour on: %v", err)
	}
}

// TestClosedClock: one that is stopped leads no more, whatever time it has left.
func TestClosedClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		c := newClock(15*time.Second, time.Now())
		go func() { c.end(c.keep(ctx, func(context.Context) error { return nil })) }()
		time.Sleep(time.Second)
		stop()
		synctest.Wait()
		if err := c.holds(time.Now()); !errors.Is(err, ErrNotLeader) {
			t.Errorf("got %v", err)
		}
		if err := c.why(); err != nil {
			t.Errorf("why: %v", err)
		}
	})
}
