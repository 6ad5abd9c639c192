package replica

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// Work is what the holder of a group does. It must be safe for use by several goroutines at once; for one group it is asked by one at a
// time.
type Work interface {
	// Do does a task and returns its answer; nil when ctx has ended and there is none: then the task is left to who holds the group next.
	// Ctx ends when the task is withdrawn, the group is lost or the process leaves; what is under way must come to a place where it can stop.
	Do(ctx context.Context, group string, task []byte) []byte
	// Forget says that from now on another process may work at the group.
	Forget(group string)
}

// Crew is what this process has to do with the replicas that share the work: it holds groups, each under a key that goes with its lease,
// and does the tasks that a leader puts there. Which groups it should hold follows from who else is there. It is safe for use by several
// goroutines at once.
type Crew struct {
	etcd   *Etcd
	work   Work
	log    *zap.Logger
	mirror *mirror
	room   chan struct{} // has a place for each task that may be done at the same time
	nudge  chan struct{} // asks for a look around; room for one

	mu     sync.Mutex
	serves []string // the groups that this process knows
	shift  *shift   // nil: it holds nothing
}

// tasksAtOnce bounds the tasks that one process does at the same time.
const tasksAtOnce = 32

// Crew returns the part of this process in the replicas that share work at the groups. It does nothing until it runs.
func (e *Etcd) Crew(groups []string, work Work) *Crew {
	log := e.config.Log
	if log == nil {
		log = zap.NewNop()
	}
	c := &Crew{etcd: e, work: work, log: log, room: make(chan struct{}, tasksAtOnce), nudge: make(chan struct{}, 1)}
	c.mirror = newMirror(e, e.spread())
	c.serves = slices.Sorted(slices.Values(groups))
	return c
}

// Serve says which groups this process knows from now on. It lets go of others as soon as nothing is under way there.
func (c *Crew) Serve(groups []string) {
	c.mu.Lock()
	c.serves = slices.Sorted(slices.Values(groups))
	c.mu.Unlock()
	select {
	case c.nudge <- struct{}{}:
	default: // it will look around already
	}
}

func (c *Crew) served() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.serves
}

// Run holds groups and works until ctx ends; then what is under way is brought to a place where it can stop, and answered. A lease that
// is lost is followed by another one.
func (c *Crew) Run(ctx context.Context) {
	following, stop := context.WithCancel(context.WithoutCancel(ctx)) // to the end of the last task
	var mirrored sync.WaitGroup
	mirrored.Go(func() { c.mirror.run(following) })
	defer mirrored.Wait()
	defer stop()
	for ctx.Err() == nil {
		s, err := c.join(ctx)
		if err != nil {
			pause(ctx, again)
			continue
		}
		s.run(ctx)
		if why := s.clock.why(); why != nil {
			c.log.Warn("all groups are lost: nothing more is written to them", zap.Error(why))
		}
	}
}

// member is what a process says of itself.
type member struct {
	Name   string   `json:"name"`
	Groups []string `json:"groups"` // that it can hold
}

// join takes a lease and puts this process among the others.
func (c *Crew) join(ctx context.Context) (*shift, error) {
	asked := time.Now()
	lease, err := c.etcd.grant(ctx)
	if err != nil {
		return nil, err
	}
	s := &shift{
		crew: c, lease: lease, id: fmt.Sprintf("%016x", int64(lease)), clock: newClock(c.etcd.config.Lease, asked),
		held: map[string]*holding{}, ended: make(chan ending), lost: make(chan struct{}),
	}
	if err := s.introduce(ctx); err != nil {
		c.etcd.revoke(lease)
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift = s
	return s, nil
}

// introduce says to the others which groups this process can hold.
func (s *shift) introduce(ctx context.Context) error {
	ctx, cancel := s.crew.etcd.within(ctx)
	defer cancel()
	serves := s.crew.served()
	text, err := json.Marshal(member{s.crew.etcd.config.Name, serves})
	if err != nil {
		return err
	}
	answer, err := s.crew.etcd.client.Put(ctx, s.crew.key("members/", s.id), string(text), clientv3.WithLease(s.lease))
	if err != nil {
		return fmt.Errorf("join the replicas: %w", err)
	}
	s.said, s.since = serves, answer.Header.Revision
	return nil
}

// Holds returns nil while this process can prove by its own clock that it holds a group; else ErrNotHolder. It asks nobody.
func (c *Crew) Holds(group string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shift == nil || c.shift.clock.holds(time.Now()) != nil {
		return ErrNotHolder
	}
	if h := c.shift.held[group]; h == nil || h.leaving {
		return ErrNotHolder
	}
	return nil
}

// Held lists the groups that this process holds.
func (c *Crew) Held() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	held := []string{}
	if c.shift == nil || c.shift.clock.holds(time.Now()) != nil {
		return held
	}
	for group, h := range c.shift.held {
		if !h.leaving {
			held = append(held, group)
		}
	}
	slices.Sort(held)
	return held
}

// Holder returns the name of the process that holds a group, as of a moment ago; empty: none does.
func (c *Crew) Holder(group string) string {
	key, held := c.mirror.get("groups/" + group)
	if !held {
		return ""
	}
	text, _ := c.mirror.get("members/" + key.value)
	return memberIn(text).Name
}

func memberIn(text item) member {
	var m member
	if json.Unmarshal([]byte(text.value), &m) != nil {
		return member{}
	}
	return m
}

// key is where something stands in etcd.
func (c *Crew) key(kind, name string) string { return c.mirror.prefix + kind + name }
