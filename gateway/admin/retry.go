package admin

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"go.uber.org/zap"
)

const (
	firstPause = 100 * time.Millisecond
	mostPause  = 10 * time.Second
	mostAsked  = 5 * time.Second  // a longer Retry-After is for the next pass: nobody is out of reach for it
	retryTime  = 15 * time.Second // from the first failure on; no try begins later

	firstLag = 10 * time.Millisecond
	mostLag  = 500 * time.Millisecond
	lagTime  = 3 * time.Second // a worker's copy is milliseconds behind; this is not it any more
)

// Do sends the request until it is answered, fails for good, or the retries are spent. Errors are *gateway.Error.
func (cl *Client) Do(ctx context.Context, c Call) error {
	return cl.Retry(ctx, c, func() *Failure { return cl.Once(ctx, c) })
}

// Retry runs try until it does, fails for good, or the retries are spent. Pauses have full jitter. A refusal that comes
// from a lagging copy is tried again for a few seconds, and counts as no retry. Who is told to come back much later gives up
// at once. The call is for errors and logs. Errors are *gateway.Error.
func (cl *Client) Retry(ctx context.Context, c Call, try func() *Failure) error {
	lagging := lag{pause: firstLag}
	var first time.Time // failure
	for spent := 0; ; {
		if ctx.Err() != nil {
			return c.Stopped(ctx).Error
		}
		f := try()
		if f == nil {
			return nil
		}
		if first.IsZero() {
			first = time.Now()
		}
		pause := max(jitter(spent), f.After)
		switch {
		case f.Lagging && lagging.goesOn():
			pause = lagging.next()
		case f.After > mostAsked:
			f.Reason = oneLine(fmt.Sprintf("%s: it asks to be left alone for %v", f.Reason, f.After.Round(time.Second)))
			return f.Error
		case f.Again && spent < cl.cfg.Retries && time.Since(first)+pause <= retryTime:
			spent++
		default:
			return f.Error
		}
		if told, ok := cl.http.Transport.(Retries); ok {
			told.Retried(c.Op)
		}
		cl.log.Debug("will retry", zap.String("op", c.Op), zap.Stringer("key", c.Key), zap.Int("attempt", spent),
			zap.Duration("pause", pause), zap.Error(f.Error))
		if err := Sleep(ctx, pause); err != nil {
			f.Err = err
			return f.Error
		}
	}
}

// lag measures how long a worker has been behind.
type lag struct {
	since time.Time
	pause time.Duration
}

func (l *lag) goesOn() bool { return l.since.IsZero() || time.Since(l.since) < lagTime }

func (l *lag) next() time.Duration {
	if l.since.IsZero() {
		l.since = time.Now()
	}
	pause := l.pause
	l.pause = min(2*l.pause, mostLag)
	return pause
}

// jitter is anything from nothing to the full pause, so that many callers don't come back at once.
func jitter(spent int) time.Duration {
	full := mostPause
	if spent < 16 {
		full = min(firstPause<<spent, mostPause)
	}
	return rand.N(full) + 1
}

// Sleep waits, and returns the error of ctx when that ends first.
func Sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
