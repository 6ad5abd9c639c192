package replica

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

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
	if !s.mayBegin(ctx, h, task, term) {
		pause(ctx, s.crew.etcd.config.Lease/100) // what stands against it will show
		return over
	}
	answer := s.crew.work.Do(ctx, h.group, body)
	over.answered = s.answer(h, task, answer) && answer != nil
	return over
}

// mayBegin marks the group as one that is worked at: under the condition that the term of the task lasts, that the task stands, and that
// this process holds the group.
func (s *shift) mayBegin(ctx context.Context, h *holding, task, term int64) bool {
	ctx, cancel := s.crew.etcd.within(ctx)
	defer cancel()
	answer, err := s.crew.etcd.client.Txn(ctx).If(
		clientv3.Compare(clientv3.CreateRevision(s.crew.etcd.leaderKey()), "=", term),
		clientv3.Compare(clientv3.ModRevision(s.crew.key("tasks/", h.group)), "=", task),
		s.holds(h),
	).Then(clientv3.OpPut(s.crew.key("working/", h.group), s.id, clientv3.WithLease(s.lease))).Commit()
	return err == nil && answer.Succeeded
}

func (s *shift) holds(h *holding) clientv3.Cmp {
	return clientv3.Compare(clientv3.CreateRevision(s.crew.key("groups/", h.group)), "=", h.since)
}

// answer says what a task came to, and that the group is worked at no more; without an answer only that. It tries until etcd has taken
// it, or the lease is over. It reports whether etcd did.
func (s *shift) answer(h *holding, task int64, answer []byte) bool {
	writes := []clientv3.Op{clientv3.OpDelete(s.crew.key("working/", h.group))}
	if answer != nil {
		writes = append(writes, clientv3.OpPut(s.crew.key("results/", h.group), join(task, answer)))
	}
	for s.clock.holds(time.Now()) == nil {
		ctx, cancel := s.crew.etcd.within(context.Background())
		done, err := s.crew.etcd.client.Txn(ctx).If(s.holds(h)).Then(writes...).Commit()
		cancel()
		if err == nil {
			return done.Succeeded
		}
		pause(context.Background(), s.crew.etcd.config.Lease/30)
	}
	return false
}

// isAnswered reports whether a task of a group has an answer.
func (c *Crew) isAnswered(group string, task int64) bool {
	_, ok := c.answerOf(group, task)
	return ok
}

// answerOf returns the packed answer to a task.
func (c *Crew) answerOf(group string, task int64) (string, bool) {
	result, there := c.mirror.get("results/" + group)
	number, packed, found := strings.Cut(result.value, "\n")
	return packed, there && found && number == strconv.FormatInt(task, 10)
}

// mostPacked is how large a task or an answer may be when it is packed: less than a request to etcd may have (1.5 MiB).
const mostPacked = 1_400_000

// fewBytes is up to where a text is not worth packing.
const fewBytes = 16 << 10

// What stands before a text says how it is packed.
const (
	plain   = "="
	gzipped = "z"
)

// join packs a text behind a number. What is too large is left out.
func join(number int64, text []byte) string {
	head := strconv.FormatInt(number, 10) + "\n"
	if len(text) <= fewBytes {
		return head + plain + string(text)
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = writer.Write(text) // a buffer takes all
	_ = writer.Close()
	if packed.Len() > mostPacked {
		return head
	}
	return head + gzipped + packed.String()
}

var errNoTask = errors.New("a key in etcd holds none of our tasks")

// split takes apart what join has packed.
func split(value string) (number int64, text []byte, err error) {
	digits, packed, found := strings.Cut(value, "\n")
	if !found {
		return 0, nil, errNoTask
	}
	if number, err = strconv.ParseInt(digits, 10, 64); err != nil {
		return 0, nil, err
	}
	text, err = unpack(packed)
	return number, text, err
}

func unpack(packed string) ([]byte, error) {
	if text, ok := strings.CutPrefix(packed, plain); ok {
		return []byte(text), nil
	}
	packed, ok := strings.CutPrefix(packed, gzipped)
	if !ok {
		return nil, errNoTask
	}
	reader, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
