package replica

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// ending says that the work at a task is over.
type ending struct {
	holding  *holding
	task     int64
	answered bool
}

// attend begins the task of a group, or ends one that was withdrawn: it is gone, or another one stands in its place.
func (s *shift) attend(h *holding) {
	task, there := s.crew.mirror.get("tasks/" + h.group)
	if h.task != 0 {
		if !there || task.modified != h.task {
			h.cancel()
		}
		return
	}
	if !there || task.modified == h.done || s.crew.isAnswered(h.group, task.modified) {
		return
	}
	term, body, err := split(task.value)
	if err != nil {
		return // nobody of this crew wrote it
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.task, h.cancel = task.modified, cancel
	go func() { s.ended <- s.do(ctx, h, task.modified, term, body) }()
}

// do does one task, from the proof that it may be begun to the answer.
func (s *shift) do(ctx context.Context, h *holding, task, term int64, body []byte) ending {
	over := ending{holding: h, task: task}
	select {
	case s.crew.room <- struct{}{}:
		defer func() { <-s.crew.room }()
	case <-ctx.Done():
		return over
	}
	may, err := s.mayBegin(ctx, h, task, term)
	if err != nil {
		s.answer(h, task, nil) // the mark may stand all the same
	}
	if !may {
		pause(ctx, s.crew.etcd.config.Lease/100) // what stands against it will show
		return over
	}
	answer := s.crew.work.Do(ctx, h.group, body)
	over.answered = s.answer(h, task, answer) && answer != nil
	return over
}

// mayBegin marks the group as one that is worked at: under the condition that the term of the task lasts, that the task stands, and that
// this process holds the group. After an error the mark may stand or not.
func (s *shift) mayBegin(ctx context.Context, h *holding, task, term int64) (bool, error) {
	ctx, cancel := s.crew.etcd.within(ctx)
	defer cancel()
	answer, err := s.crew.etcd.client.Txn(ctx).If(
		clientv3.Compare(clientv3.CreateRevision(s.crew.etcd.leaderKey()), "=", term),
		clientv3.Compare(clientv3.ModRevision(s.crew.key("tasks/", h.group)), "=", task),
		s.holds(h),
	).Then(clientv3.OpPut(s.crew.key("working/", h.group), s.id, clientv3.WithLease(s.lease))).Commit()
	return err == nil && answer.Succeeded, err
}

func (s *shift) holds(h *holding) clientv3.Cmp {
	return clientv3.Compare(clientv3.CreateRevision(s.crew.key("groups/", h.group)), "=", h.since)
}
