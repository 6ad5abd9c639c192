package replica

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// ErrNotHolder says that this process can't prove that it holds a group.
var ErrNotHolder = errors.New("this replica can't prove that it holds the gateway group")

// shift is the time of one lease of a crew. The goroutine of run owns it, but for what it says otherwise.
type shift struct {
	crew  *Crew
	lease clientv3.LeaseID
	id    string // of the member
	said  []string
	since int64 // the revision of the member's key
	clock *clock

	held   map[string]*holding // by group; written by run alone, and under crew.mu
	moves  int64               // as far as they were looked at
	should map[string]string   // by group: the member that should hold it
	ended  chan ending         // speaks for each task that has ended
	lost   chan struct{}       // closed when the lease is over
}

// holding is a group that this process holds.
type holding struct {
	group   string
	since   int64 // the revision that its key was created at
	leaving bool  // nothing more is written to it; guarded by crew.mu

	task   int64 // the revision of what is being done; 0: nothing is
	cancel context.CancelFunc
	done   int64 // the revision of the last task that was answered
}

// run holds groups and does tasks until ctx ends or the lease is over.
func (s *shift) run(ctx context.Context) {
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx)) // it is kept until the last task has ended
	go func() {
		defer close(s.lost)
		s.clock.end(s.clock.keep(keeping, s.renew))
	}()
	defer func() {
		s.leave()
		stop()
		<-s.lost
		s.crew.etcd.revoke(s.lease)
	}()
	ticker := time.NewTicker(again)
	defer ticker.Stop()
	s.lookAround(ctx)
	for {
		next := s.crew.mirror.next()
		s.heed(ctx)
		select {
		case <-next:
		case e := <-s.ended:
			s.settle(ctx, e)
		case <-s.crew.nudge:
			s.lookAround(ctx)
		case <-ticker.C:
			s.lookAround(ctx)
		case <-s.lost:
			return
		case <-ctx.Done():
			return
		}
	}
}

// leave ends all tasks and waits for them. From then on nothing is held.
func (s *shift) leave() {
	busy := 0
	for _, h := range s.held {
		if h.task != 0 {
			h.cancel()
			busy++
		}
	}
	for range busy {
		e := <-s.ended
		e.holding.cancel()
	}
	s.crew.mu.Lock()
	s.crew.shift = nil
	s.crew.mu.Unlock()
	for group := range s.held {
		s.crew.work.Forget(group)
	}
}

// renew asks etcd for the lease to go on, and whether this process is still among the others.
func (s *shift) renew(ctx context.Context) error {
	client := s.crew.etcd.client
	if _, err := client.KeepAliveOnce(ctx, s.lease); err != nil {
		if errors.Is(err, rpctypes.ErrLeaseNotFound) {
			return fmt.Errorf("%w: the lease has ended", errLost)
		}
		return err
	}
	answer, err := client.Get(ctx, s.crew.key("members/", s.id), clientv3.WithCountOnly())
	if err == nil && answer.Count == 0 {
		err = fmt.Errorf("%w: the key of this replica is gone", errLost)
	}
	return err
}

// heed does what the news ask for.
func (s *shift) heed(ctx context.Context) {
	moves, tasked := s.crew.mirror.news()
	if moves != s.moves {
		s.moves = moves
		s.lookAround(ctx)
		return
	}
	for group := range tasked {
		if h := s.held[group]; h != nil && !h.leaving {
			s.attend(h)
		}
	}
}

// settle lets the next task of a group begin, or lets go of it where another should have it.
func (s *shift) settle(ctx context.Context, e ending) {
	h := e.holding
	h.cancel()
	h.task = 0
	if e.answered {
		h.done = e.task
	}
	if h.leaving || s.should[h.group] != s.id {
		s.lookAround(ctx)
		return
	}
	s.attend(h)
}

// lookAround takes the groups that this process should hold and nobody has, lets go of those that others should have, and begins and
// ends tasks.
func (s *shift) lookAround(ctx context.Context) {
	if !slices.Equal(s.said, s.crew.served()) {
		_ = s.introduce(ctx) // else at the next look
	}
	seen := s.crew.mirror.revision() // before the keys: they may be newer, not older
	members := map[string][]string{}
	for id, text := range s.crew.mirror.below("members/") {
		members[id] = memberIn(text).Groups
	}
	if seen < s.since || len(members) == 0 {
		return // the mirror has not come to this shift yet
	}
	keys := s.crew.mirror.below("groups/")
	should := share(members)
	s.should = should
	var moves errgroup.Group
	moves.SetLimit(tasksAtOnce)
	for _, h := range s.held {
		key, there := keys[h.group]
		switch {
		case seen >= h.since && (!there || key.created != h.since):
			s.drop(h, nil) // somebody has removed the key
		case should[h.group] != s.id && h.task == 0:
			s.drop(h, &moves)
		default:
			s.attend(h)
		}
	}
	taken := s.take(ctx, keys, should, &moves)
	_ = moves.Wait() // what did not succeed is tried at the next look
	s.hold(taken)
}

// hold adds the groups whose keys were taken.
func (s *shift) hold(taken map[string]*int64) {
	for group, since := range taken {
		if *since == 0 {
			continue
		}
		h := &holding{group: group, since: *since}
		s.crew.mu.Lock()
		s.held[group] = h
		s.crew.mu.Unlock()
		s.attend(h)
		s.crew.log.Info("holding a gateway group", zap.String("group", group))
	}
}

// take writes the keys of groups that nobody holds. A key of this lease that is not known to be held is one whose answer was lost: it is
// removed first.
func (s *shift) take(ctx context.Context, keys map[string]item, should map[string]string, moves *errgroup.Group) map[string]*int64 {
	taken := map[string]*int64{}
	for group, member := range should {
		key, there := keys[group]
		_, held := s.held[group]
		switch {
		case held:
		case there && key.lease == s.lease:
			moves.Go(func() error { return s.remove(ctx, group, key.created) })
		case !there && member == s.id:
			since := new(int64)
			taken[group] = since
			moves.Go(func() (err error) {
				*since, err = s.claim(ctx, group)
				return err
			})
		}
	}
	return taken
}

// claim writes the key of a group where there is none, and returns its revision; 0 when another has been faster.
func (s *shift) claim(ctx context.Context, group string) (int64, error) {
	ctx, cancel := s.crew.etcd.within(ctx)
	defer cancel()
	key := s.crew.key("groups/", group)
	answer, err := s.crew.etcd.client.Txn(ctx).If(clientv3.Compare(clientv3.CreateRevision(key), "=", 0)).
		Then(clientv3.OpPut(key, s.id, clientv3.WithLease(s.lease))).Commit()
	if err != nil || !answer.Succeeded {
		return 0, err
	}
	return answer.Header.Revision, nil
}

// drop lets go of a group at once: nothing more is written to it. Its key is removed as one of the moves; nil: it is gone.
func (s *shift) drop(h *holding, moves *errgroup.Group) {
	s.crew.mu.Lock()
	h.leaving = true
	s.crew.mu.Unlock()
	if h.task != 0 {
		h.cancel() // the group is forgotten when the task has ended
		return
	}
	s.crew.mu.Lock()
	delete(s.held, h.group)
	s.crew.mu.Unlock()
	s.crew.work.Forget(h.group)
	s.crew.log.Info("no longer holding a gateway group", zap.String("group", h.group))
	if moves != nil {
		moves.Go(func() error { return s.remove(context.Background(), h.group, h.since) })
	}
}

// remove deletes the key of a group that was created at a revision.
func (s *shift) remove(ctx context.Context, group string, created int64) error {
	ctx, cancel := s.crew.etcd.within(ctx)
	defer cancel()
	key := s.crew.key("groups/", group)
	_, err := s.crew.etcd.client.Txn(ctx).If(clientv3.Compare(clientv3.CreateRevision(key), "=", created)).Then(clientv3.OpDelete(key)).Commit()
	return err
}
