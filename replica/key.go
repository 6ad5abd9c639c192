package replica

import (
	"context"
	"crypto/rand"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// keySize is that of the key of the marks, in bytes.
const keySize = 32

// MarkKey returns the key of the journal's marks, which all replicas share. A leader makes it where there is none; for others it
// is then nil.
func (e *Etcd) MarkKey(ctx context.Context) ([]byte, error) {
	ctx, cancel := e.within(ctx)
	defer cancel()
	found, err := e.client.Get(ctx, e.markKey())
	if err != nil {
		return nil, fmt.Errorf("read the key of the marks from etcd: %w", err)
	}
	if len(found.Kvs) == 0 || len(found.Kvs[0].Value) != keySize {
		return nil, nil
	}
	return found.Kvs[0].Value, nil
}

// MarkKey returns the key of the journal's marks, and makes it when there is none.
func (t *Term) MarkKey(ctx context.Context) ([]byte, error) {
	key, err := t.etcd.MarkKey(ctx)
	if key != nil || err != nil {
		return key, err
	}
	ctx, cancel := t.etcd.within(ctx)
	defer cancel()
	key = make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	leads := clientv3.Compare(clientv3.CreateRevision(t.etcd.leaderKey()), "=", t.since)
	answer, err := t.etcd.client.Txn(ctx).If(leads).Then(clientv3.OpPut(t.etcd.markKey(), string(key))).Commit()
	if err == nil && !answer.Succeeded {
		err = ErrNotLeader
	}
	if err != nil {
		return nil, fmt.Errorf("write the key of the marks to etcd: %w", err)
	}
	return key, nil
}

func (e *Etcd) markKey() string { return e.config.Prefix + "/markkey" }
