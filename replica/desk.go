package replica

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Desk is where the leader of a term hands out tasks. It is safe for use by several goroutines at once; for each group one task is asked
// for at a time.
type Desk struct {
	crew *Crew
	term *Term
	// Lost is told of a group whose holder was lost while it had a task; nil: nobody is. Set it before the first task.
	Lost func(group string)

	mu    sync.Mutex
	turns map[string]chan struct{} // by group: holds a token while a task is out
}

// Desk returns the desk of a term of this process.
func (c *Crew) Desk(term *Term) *Desk {
	return &Desk{crew: c, term: term, turns: map[string]chan struct{}{}}
}

// The errors of a Desk.
var (
	ErrUnheld   = errors.New("no replica holds the gateway group")
	ErrTooLarge = errors.New("the answer of the replica is too large for etcd")
)

// Ask lets the holder of a group do a task and returns its answer. Where the holder is lost, the next one begins anew. When ctx ends, the
// task is withdrawn; what was begun then comes to a place where it can stop, and is answered.
func (d *Desk) Ask(ctx context.Context, group string, task []byte) ([]byte, error) {
	turn := d.turnOf(group)
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	put := clientv3.OpPut(d.crew.key("tasks/", group), join(d.term.since, task))
	number, err := d.term.write(ctx, nil, put)
	if err != nil {
		return nil, fmt.Errorf("hand a task to the replica that holds group %q: %w", group, err)
	}
	packed, err := d.await(ctx, group, number)
	if err != nil {
		packed, err = d.withdraw(group, number, err)
	}
	if err != nil {
		return nil, fmt.Errorf("task for group %q: %w", group, err)
	}
	if packed == "" {
		return nil, ErrTooLarge
	}
	return unpack(packed)
}

func (d *Desk) turnOf(group string) chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	turn, ok := d.turns[group]
	if !ok {
		turn = make(chan struct{}, 1)
		d.turns[group] = turn
	}
	return turn
}

// patience is how long a group may be without a holder: a lease that was lost has ended by then, and another was taken.
func (d *Desk) patience() time.Duration { return 2*d.crew.etcd.config.Lease + 2*again }

// await returns the packed answer to a task.
func (d *Desk) await(ctx context.Context, group string, number int64) (string, error) {
	var holder int64
	held := time.Now()
	for {
		next := d.crew.mirror.nextOf(group)
		// The answer may be of one that took the place of another a moment ago: the holder is looked at first.
		packed, answered := d.crew.answerOf(group, number)
		key, there := d.crew.mirror.get("groups/" + group)
		if there {
			d.compare(group, holder, key.created)
			holder, held = key.created, time.Now()
		}
		if answered {
			return packed, nil
		}
		switch {
		case time.Since(held) > d.patience():
			return "", ErrUnheld
		case d.isGone(group, number):
			return "", ErrNotLeader
		}
		select {
		case <-next:
		case <-time.After(again):
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// compare tells of a holder that was lost.
func (d *Desk) compare(group string, before, now int64) {
	if before != 0 && before != now && d.Lost != nil {
		d.Lost(group)
	}
}

// isGone reports whether another one has taken a task away.
func (d *Desk) isGone(group string, number int64) bool {
	seen := d.crew.mirror.revision()
	task, there := d.crew.mirror.get("tasks/" + group)
	return seen >= number && (!there || task.modified != number)
}

// withdraw takes a task back because of cause, and waits for the end of what was begun, no longer than a lease. It returns the answer when
// there is one.
func (d *Desk) withdraw(group string, number int64, cause error) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), d.crew.etcd.config.Lease)
	defer cancel()
	key := d.crew.key("tasks/", group)
	stands := []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(key), "=", number)}
	taken, err := d.term.write(ctx, stands, clientv3.OpDelete(key))
	for err == nil {
		next := d.crew.mirror.nextOf(group)
		seen := d.crew.mirror.revision()
		_, working := d.crew.mirror.get("working/" + group)
		if packed, ok := d.crew.answerOf(group, number); ok {
			return packed, nil
		}
		if seen >= taken && !working {
			break
		}
		select {
		case <-next:
		case <-time.After(again):
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return "", cause
}
