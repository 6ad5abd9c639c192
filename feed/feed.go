package feed

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
)

// Journal is where it stands how commits have ended, and how far who has been told. record.Journal is one.
type Journal interface {
	Listen(listener string, all bool) (upTo int64, err error)
	Endings(after int64, limit int) ([]record.Ending, error)
	Tell(listener string, upTo int64) error
}

// Feed hands on how commits end, to one listener. Its fields must not be changed after Run was called.
type Feed struct {
	Listener string // the name under which the journal keeps how far it was told
	All      bool   // whether it hears also what was before the journal knew it
	Journal  Journal
	// Wants says which ends are handed on; nil: all.
	Wants func(record.Entry) bool
	// Take hands on some ends, oldest first. With an error all of them are handed on again later; a *Wait says when.
	Take func(context.Context, []record.Entry) error
	Most int           // how many ends are taken at once; zero: one
	Calm time.Duration // how long to wait after a wake for more to come; zero: not at all
	Log  *zap.Logger   // nil: none

	upTo int64 // what was told; owned by Run
	read int64 // what was read, and is not wanted or told; owned by Run

	mu      sync.Mutex
	trouble error
	since   time.Time
}

// Wait is an error that says when to come back.
type Wait struct {
	Err   error
	After time.Duration
}

// Error is that of what is wrong.
func (w *Wait) Error() string { return w.Err.Error() }

// Unwrap returns what is wrong.
func (w *Wait) Unwrap() error { return w.Err }

const (
	// firstWait and longestWait bound the wait after trouble.
	firstWait   = time.Second
	longestWait = 5 * time.Minute
	// lookEvery is how often the journal is looked at though nobody wakes.
	lookEvery = time.Minute
	// page is how many ends are read from the journal at once, at least.
	page = 50
	// mostUnsaid is by how many lines what is on record may be behind where nothing was wanted.
	mostUnsaid = 500
)

// Trouble returns what keeps the listener from being told, and since when; nil when nothing does. It may be called at any time.
func (f *Feed) Trouble() (time.Time, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.since, f.trouble
}

// Run hands on until ctx ends. It begins with what an earlier run has left, and looks again after each wake, and now and then.
func (f *Feed) Run(ctx context.Context, wake <-chan struct{}) {
	wait := time.Duration(0)
	for known := false; ctx.Err() == nil; {
		var err error
		if !known {
			err = f.begin()
			known = err == nil
		}
		if err == nil {
			err = f.catchUp(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		f.tell(err)
		if err == nil {
			wait = 0
			f.sleep(ctx, lookEvery, wake)
			f.sleep(ctx, f.Calm, nil)
			continue
		}
		wait = min(max(2*wait, firstWait), longestWait)
		if asked, ok := errors.AsType[*Wait](err); ok {
			wait = max(wait, asked.After)
		}
		f.sleep(ctx, wait, nil) // a wake does not shorten it: who is down is not asked more often for that
	}
}

// sleep waits so long, or for a wake, or for the end of ctx.
func (f *Feed) sleep(ctx context.Context, long time.Duration, wake <-chan struct{}) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
}

// begin finds out how far the listener was told.
func (f *Feed) begin() (err error) {
	f.upTo, err = f.Journal.Listen(f.Listener, f.All)
	f.read = f.upTo
	return err
}

// catchUp hands on all that there is.
func (f *Feed) catchUp(ctx context.Context) error {
	f.read = f.upTo
	for ctx.Err() == nil {
		ends, err := f.Journal.Endings(f.read, max(f.Most, page))
		if err != nil {
			return err
		}
		if len(ends) == 0 {
			return f.saySeen(mostUnsaid)
		}
		if err := f.hand(ctx, ends); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// hand hands on what is wanted of some ends, in portions.
func (f *Feed) hand(ctx context.Context, ends []record.Ending) error {
	var wanted []record.Entry
	for i, end := range ends {
		if f.Wants == nil || f.Wants(end.Entry) {
			wanted = append(wanted, end.Entry)
		}
		if len(wanted) == 0 {
			f.read = end.Line
			continue
		}
		if len(wanted) < f.Most && i < len(ends)-1 {
			continue
		}
		if err := f.Take(ctx, wanted); err != nil {
			return err
		}
		f.read, wanted = end.Line, nil
		if err := f.saySeen(0); err != nil {
			return err
		}
	}
	return nil
}

// saySeen puts on record how far was read, when what is on record is so many lines behind.
func (f *Feed) saySeen(most int64) error {
	if f.read-f.upTo <= most {
		return nil
	}
	if err := f.Journal.Tell(f.Listener, f.read); err != nil {
		return err
	}
	f.upTo = f.read
	return nil
}

func (f *Feed) tell(err error) {
	f.mu.Lock()
	before := f.trouble
	if f.trouble = err; err != nil && before == nil {
		f.since = time.Now()
	}
	f.mu.Unlock()
	log := f.Log
	if log == nil {
		log = zap.NewNop()
	}
	switch {
	case err != nil && (before == nil || before.Error() != err.Error()):
		log.Error("nothing can be told, will retry", zap.String("listener", f.Listener), zap.Error(err))
	case err == nil && before != nil:
		log.Info("all is told again", zap.String("listener", f.Listener))
	}
}
