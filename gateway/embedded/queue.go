package embedded

import (
	"sync"
	"time"
)

// queue holds the events of one kind that one worker has yet to take, in order, each with the time when it is due. One
// goroutine takes them.
type queue struct {
	mu     sync.Mutex
	items  []queued
	filled chan struct{}
}

type queued struct {
	due time.Time
	do  func()
}

func newQueue() *queue { return &queue{filled: make(chan struct{}, 1)} }

func (q *queue) add(item queued) {
	q.mu.Lock()
	q.items = append(q.items, item)
	q.mu.Unlock()
	select {
	case q.filled <- struct{}{}:
	default:
	}
}

func (q *queue) next() (queued, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return queued{}, false
	}
	item := q.items[0]
	q.items[0] = queued{}
	q.items = q.items[1:]
	return item, true
}

// run does what is due, one after the other, until stop is closed.
func (q *queue) run(stop <-chan struct{}) {
	for {
		item, ok := q.next()
		if !ok {
			select {
			case <-q.filled:
				continue
			case <-stop:
				return
			}
		}
		if wait := time.Until(item.due); wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-stop:
				timer.Stop()
				return
			}
		}
		item.do()
	}
}
