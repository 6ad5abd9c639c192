package forge

import (
	"errors"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/record"
)

const (
	// longQueue is how long the last of those that wait may have to wait until the newest ends go first.
	longQueue = 30 * time.Second
	// oldestEvery is how often the one that waits longest has its turn all the same: without end of new ones it would wait for ever.
	oldestEvery = 4
)

// queue chooses which of the statuses that wait is posted next. The zero value is ready. It is used from one goroutine.
type queue struct {
	cost  time.Duration // what one status takes, about
	turns int           // how many were chosen while the queue was long
	done  int           // how many were posted
}

// took takes note of how long one took, with the pause after it.
func (q *queue) took(long time.Duration) {
	q.cost = (3*q.cost + long) / 4
	q.done++
}

// refused takes note of a forge that wants peace: about one comes through in that time.
func (q *queue) refused(err error) {
	if fault, ok := errors.AsType[*Error](err); ok && fault.Class == Limited {
		q.cost = max(q.cost, fault.After)
	}
}

// next chooses among those that wait, oldest first, the one that is half done before all others. A status of a step must have stood for a while:
// the zero Entry says that none has, and in which time the first of them will have.
func (q *queue) next(waiting []record.Entry, begun record.Entry) (record.Entry, time.Duration) {
	var ready []record.Entry
	soonest := time.Duration(0)
	for _, e := range waiting {
		if age := time.Since(e.Started); e.Status.State == record.StatusPending && age < calm {
			if soonest == 0 || calm-age < soonest {
				soonest = calm - age
			}
			continue
		}
		if e.ID == begun.ID && e.Status == begun.Status && e.Commit == begun.Commit {
			return e, 0
		}
		ready = append(ready, e)
	}
	if len(ready) == 0 {
		return record.Entry{}, soonest
	}
	if time.Duration(len(ready))*q.cost <= longQueue {
		return ready[0], 0
	}
	if q.turns++; q.turns%oldestEvery == 0 {
		return ready[0], 0
	}
	return newestEnd(ready), 0
}

// newestEnd is the newest status that is not that of a step on the way, or else the newest of all.
func newestEnd(ready []record.Entry) record.Entry {
	for _, e := range slices.Backward(ready) {
		if e.Status.State != record.StatusPending {
			return e
		}
	}
	return ready[len(ready)-1]
}
