package replica

import (
	"context"
	"errors"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// piece is one key with its value.
type piece struct {
	begin, end int64 // the places of its first byte and behind its last
	rev        int64 // when it was written
}

// before returns the last piece that begins before place; the zero value when there is none.
func (s *Store) before(ctx context.Context, place int64) (piece, error) {
	first := max(0, place-mostBytes)
	answer, err := s.etcd.client.Get(ctx, s.key(first), clientv3.WithRange(s.key(place)), clientv3.WithKeysOnly(),
		clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend), clientv3.WithLimit(1))
	if err != nil {
		return piece{}, fmt.Errorf("read the journal in etcd: %w", err)
	}
	if len(answer.Kvs) == 0 {
		return piece{}, nil
	}
	found, err := s.etcd.client.Get(ctx, string(answer.Kvs[0].Key))
	if err != nil {
		return piece{}, fmt.Errorf("read the journal in etcd: %w", err)
	}
	if len(found.Kvs) == 0 {
		return piece{}, errors.New("read the journal in etcd: it was changed meanwhile")
	}
	kv := found.Kvs[0]
	at, err := s.place(kv)
	return piece{begin: at, end: at + int64(len(kv.Value)), rev: kv.ModRevision}, err
}
