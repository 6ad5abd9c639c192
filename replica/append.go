package replica

import (
	"context"
	"errors"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Append puts a line behind the first at bytes: under the condition that this term lasts, that the line before is the one that was
// last read or written here, and that nothing stands behind it.
func (s *Store) Append(line []byte, at int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel, err := s.writing()
	if err != nil {
		return err
	}
	defer cancel()
	if err := s.find(ctx, at); err != nil {
		return err
	}
	for len(line) > 0 {
		part := line[:min(len(line), mostBytes)]
		if err := s.put(ctx, part, at); err != nil {
			s.last = piece{}
			return err
		}
		line, at = line[len(part):], at+int64(len(part))
	}
	return nil
}

// Cut removes what stands behind the first size bytes, under the condition that this term lasts.
func (s *Store) Cut(size int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel, err := s.writing()
	if err != nil {
		return err
	}
	defer cancel()
	s.last, s.ahead = piece{}, nil
	if err := s.find(ctx, size); err != nil {
		return err
	}
	_, err = s.commit(ctx, nil, clientv3.OpDelete(s.key(size), clientv3.WithRange(s.beyond())))
	return err
}

// writing bounds a write, and refuses it where this process can't prove that it leads.
func (s *Store) writing() (context.Context, context.CancelFunc, error) {
	if s.term == nil {
		return nil, nil, ErrNotLeader
	}
	if err := s.term.Leads(); err != nil {
		return nil, nil, err
	}
	ctx, cancel := s.etcd.within(context.Background())
	return ctx, cancel, nil
}

// find sees to it that s.last is the piece that ends at place.
func (s *Store) find(ctx context.Context, place int64) error {
	if place == 0 || s.last.end == place {
		return nil
	}
	before, err := s.before(ctx, place)
	if err == nil && before.end != place {
		err = fmt.Errorf("the journal in etcd has no line that ends at %d: something else writes to it", place)
	}
	s.last = before
	return err
}

func (s *Store) put(ctx context.Context, part []byte, at int64) error {
	key := s.key(at)
	conditions := []clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(key), "=", 0)}
	if at > 0 {
		conditions = append(conditions, clientv3.Compare(clientv3.ModRevision(s.key(s.last.begin)), "=", s.last.rev))
	}
	rev, err := s.commit(ctx, conditions, clientv3.OpPut(key, string(part)))
	if err == nil {
		s.last = piece{begin: at, end: at + int64(len(part)), rev: rev}
	}
	return err
}

// commit carries out one write of this term, or none, and returns its revision.
func (s *Store) commit(ctx context.Context, conditions []clientv3.Cmp, write clientv3.Op) (int64, error) {
	leads := clientv3.Compare(clientv3.CreateRevision(s.etcd.leaderKey()), "=", s.term.since)
	answer, err := s.etcd.client.Txn(ctx).If(append(conditions, leads)...).Then(write).
		Else(clientv3.OpGet(s.etcd.leaderKey())).Commit()
	if err != nil {
		return 0, fmt.Errorf("write the journal in etcd: %w", err)
	}
	if answer.Succeeded {
		return answer.Header.Revision, nil
	}
	if leader := leaderIn(answer.Responses[0].GetResponseRange().Kvs, answer.Header.Revision); leader.since != s.term.since {
		return 0, fmt.Errorf("write the journal in etcd: %w: another has taken its place", ErrNotLeader)
	}
	return 0, errors.New("write the journal in etcd: it does not end where it was read to: something else writes to it")
}
