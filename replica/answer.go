package replica

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// answer says what a task came to, and that the group is worked at no more; without an answer, or where the group is another's by now, only
// that: who waits for the end of all work would wait for ever. It reports whether etcd has taken the answer.
func (s *shift) answer(h *holding, task int64, answer []byte) bool {
	working := s.crew.key("working/", h.group)
	unmark := clientv3.OpDelete(working)
	unmarkOurs := clientv3.OpTxn([]clientv3.Cmp{clientv3.Compare(clientv3.Value(working), "=", s.id)}, []clientv3.Op{unmark}, nil)
	last := []clientv3.Op{unmark}
	if answer != nil {
		parts := cut(pack(answer))
		for i := 1; i < len(parts); i++ {
			part := clientv3.OpPut(s.crew.partKey(h.group, i), fmt.Sprintf("%d\n%s", task, parts[i]))
			if !s.insist(h, []clientv3.Op{part}, unmarkOurs) {
				return false
			}
		}
		head := fmt.Sprintf("%d\n%d\n", task, len(parts))
		if len(parts) > 0 {
			head += parts[0]
		}
		last = append(last, clientv3.OpPut(s.crew.key("results/", h.group), head))
		for i := max(1, len(parts)); s.crew.mirror.has(partName(h.group, i)); i++ {
			last = append(last, clientv3.OpDelete(s.crew.partKey(h.group, i))) // of a larger answer before
		}
	}
	return s.insist(h, last, unmarkOurs)
}

// insist writes what only the holder of a group may, and otherwise what is for the case that it is another's. It tries until etcd has taken
// one of them, or the lease is over, and reports whether the first was written.
func (s *shift) insist(h *holding, writes []clientv3.Op, otherwise clientv3.Op) bool {
	for s.clock.holds(time.Now()) == nil {
		ctx, cancel := s.crew.etcd.within(context.Background())
		done, err := s.crew.etcd.client.Txn(ctx).If(s.holds(h)).Then(writes...).Else(otherwise).Commit()
		cancel()
		if err == nil {
			return done.Succeeded
		}
		pause(context.Background(), s.crew.etcd.config.Lease/30)
	}
	return false
}

// partKey is where a part of an answer stands that its first key has no room for.
func (c *Crew) partKey(group string, part int) string { return c.mirror.prefix + partName(group, part) }

func partName(group string, part int) string { return fmt.Sprintf("parts/%03d/%s", part, group) }

// isAnswered reports whether a task of a group has an answer.
func (c *Crew) isAnswered(group string, task int64) bool {
	_, ok := c.answerOf(group, task)
	return ok
}

// answerOf returns the packed answer to a task; an empty one is one that was too large.
func (c *Crew) answerOf(group string, task int64) (string, bool) {
	result, _ := c.mirror.get("results/" + group)
	mine := strconv.FormatInt(task, 10) + "\n"
	text, found := strings.CutPrefix(result.value, mine)
	digits, first, _ := strings.Cut(text, "\n")
	count, err := strconv.Atoi(digits)
	if !found || err != nil {
		return "", false
	}
	var packed strings.Builder
	packed.WriteString(first)
	for i := 1; i < count; i++ {
		part, _ := c.mirror.get(partName(group, i))
		text, found := strings.CutPrefix(part.value, mine)
		if !found {
			return "", false
		}
		packed.WriteString(text)
	}
	return packed.String(), true
}
