package replica

import (
	"context"
	"errors"
	"sync"
	"time"
)

// errLost says that a term is over for certain.
var errLost = errors.New("the term is over")

// clock tells from this process's own time how long it may take itself for the leader: from the moment when it asked for its
// lease, not from the answer, for the time of a lease less a margin.
type clock struct {
	lease time.Duration

	mu    sync.Mutex
	until time.Time
	ended bool
	cause error // of the end
}

func newClock(lease time.Duration, asked time.Time) *clock {
	c := &clock{lease: lease}
	c.extend(asked)
	return c
}

// margin is what a request that is under way at the end has left to arrive in, and what clocks may run apart in the time of a
// lease: a fifth of it.
func (c *clock) margin() time.Duration { return c.lease / 5 }

func (c *clock) extend(asked time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = asked.Add(c.lease - c.margin())
}

func (c *clock) end(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended, c.cause = true, cause
}

func (c *clock) why() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// holds asks both clocks that a machine has: one stands still while the machine sleeps, the other may be set.
func (c *clock) holds(now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended && now.Before(c.until) && now.Round(0).Before(c.until.Round(0)) {
		return nil
	}
	return ErrNotLeader
}

// keep renews the lease until ctx ends, and then returns nil; or until the term is lost, or nothing was heard for so long that it
// may be, and then returns why.
func (c *clock) keep(ctx context.Context, renew func(context.Context) error) error {
	wait := c.lease / 3
	for {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
		asked := time.Now()
		err := c.ask(ctx, renew)
		switch {
		case err == nil:
			c.extend(asked)
			wait = c.lease / 3
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errLost), c.holds(time.Now()) != nil:
			return err
		default:
			wait = c.lease / 30
		}
	}
}

// ask bounds one renewal so that a second one still fits in before the end.
func (c *clock) ask(ctx context.Context, renew func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.lease/5)
	defer cancel()
	return renew(ctx)
}
