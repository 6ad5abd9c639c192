package insight

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// kept makes answers that cost something, each once for all who ask for it at the same time, and keeps the newest. The zero value keeps
// none, and gives each as long as it takes.
type kept[T any] struct {
	most  int           // how many are kept
	limit time.Duration // how long one may take; 0: for ever
	age   time.Duration // how old one may be; 0: it holds for good

	mu      sync.Mutex
	answers map[string]*answer[T]
}

// answer is one that is being made until done is closed.
type answer[T any] struct {
	done  chan struct{}
	value T
	at    time.Time // when it was begun
	err   error
}

// get returns the answer of that name, made by make if it must be. Fresh wants one that is begun now, unless one is being made. Make goes
// on when the caller's context ends: others may wait for it, and who comes back finds it.
func (k *kept[T]) get(ctx context.Context, name string, fresh bool, make func(context.Context) (T, error)) (T, time.Time, error) {
	a := k.find(name, fresh, func(a *answer[T]) {
		making, cancel := k.bound(context.WithoutCancel(ctx))
		go func() {
			defer cancel()
			a.value, a.err = make(making)
			if making.Err() != nil && a.err != nil {
				a.err = fmt.Errorf("it took longer than %s: %w", k.limit, a.err)
			}
			close(a.done)
		}()
	})
	select {
	case <-a.done:
		return a.value, a.at, a.err
	case <-ctx.Done():
		var none T
		return none, a.at, errors.Join(errors.New("nobody waits for the answer any more"), ctx.Err())
	}
}

func (k *kept[T]) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if k.limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, k.limit)
}

// find returns the answer that holds, or a new one that begin has begun.
func (k *kept[T]) find(name string, fresh bool, begin func(*answer[T])) *answer[T] {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if a := k.answers[name]; a != nil && k.holds(a, fresh, now) {
		return a
	}
	k.makeRoom(name)
	a := &answer[T]{done: make(chan struct{}), at: now}
	k.answers[name] = a
	begin(a)
	return a
}

// holds reports whether an answer will do. One that failed is made again.
func (k *kept[T]) holds(a *answer[T], fresh bool, now time.Time) bool {
	select {
	case <-a.done:
		return !fresh && a.err == nil && (k.age == 0 || now.Sub(a.at) < k.age)
	default:
		return true
	}
}

// makeRoom forgets the oldest answers until there is room for one more. Those that are being made stay.
func (k *kept[T]) makeRoom(name string) {
	if k.answers == nil {
		k.answers = map[string]*answer[T]{}
	}
	for delete(k.answers, name); len(k.answers) >= max(k.most, 1); {
		oldest := ""
		for other, a := range k.answers {
			if a.ended() && (oldest == "" || a.at.Before(k.answers[oldest].at)) {
				oldest = other
			}
		}
		if oldest == "" {
			return
		}
		delete(k.answers, oldest)
	}
}

func (a *answer[T]) ended() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}
