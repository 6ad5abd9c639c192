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
	cut    chan struct{} // closed by clear, which makes another
	taking sync.Mutex    // held while an item is done, so that clear leaves none half done
}

type queued struct {
	due     time.Time
	do      func()
	dropped func() // what to do instead when the queue is cleared; nil for nothing
}

func newQueue() *queue { return &queue{filled: make(chan struct{}, 1), cut: make(chan struct{})} }

func (q *queue) add(item queued) {
	q.mu.Lock()
	q.items = append(q.items, item)
	q.mu.Unlock()
	select {
	case q.filled <- struct{}{}:
	default:
	}
}

// first returns the item at the head, which stays there until done takes it away.
func (q *queue) first() (item queued, cut <-chan struct{}, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return queued{}, q.cut, false
	}
	return q.items[0], q.cut, true
}

// take does the item at the head, unless the queue was cut since it was looked at.
func (q *queue) take(cut <-chan struct{}) {
	q.taking.Lock()
	defer q.taking.Unlock()
	q.mu.Lock()
	if q.cut != cut {
		q.mu.Unlock()
		return
	}
	item := q.items[0]
	q.items[0] = queued{}
	q.items = q.items[1:]
	q.mu.Unlock()
	item.do()
}

// clear drops everything that waits. When it returns, nothing that stood in the queue is done any more.
func (q *queue) clear() {
	q.taking.Lock()
	defer q.taking.Unlock()
	q.mu.Lock()
	dropped := q.items
	q.items = nil
	close(q.cut)
	q.cut = make(chan struct{})
	q.mu.Unlock()
	for _, item := range dropped {
		if item.dropped != nil {
			item.dropped()
		}
	}
}

// run does what is due, one after the other, until stop is closed.
func (q *queue) run(stop <-chan struct{}) {
	for {
		item, cut, ok := q.first()
		if !ok {
			select {
			case <-q.filled:
				continue
			case <-stop:
				return
			}
		}
		if !wait(item.due, cut, stop) {
			return
		}
		q.take(cut)
	}
}

// wait waits until due or until cut is closed; false means that stop was.
func wait(due time.Time, cut, stop <-chan struct{}) bool {
	left := time.Until(due)
	if left <= 0 {
		return true
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-cut:
	case <-stop:
		return false
	}
	return true
}
