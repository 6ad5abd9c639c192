package replica

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Withdraw takes back all tasks of terms before, and returns when nobody is at one: from then on nothing is written in their name. It has
// nothing to do where the work was never shared.
func (t *Term) Withdraw(ctx context.Context) error {
	below := t.etcd.spread()
	_, err := t.write(ctx, nil, clientv3.OpDelete(below+"tasks/", clientv3.WithPrefix()), clientv3.OpDelete(below+"results/", clientv3.WithPrefix()),
		clientv3.OpDelete(below+"parts/", clientv3.WithPrefix()))
	for err == nil {
		var busy int64
		if busy, err = t.busy(ctx); busy == 0 || err != nil {
			break
		}
		pause(ctx, t.etcd.config.Lease/30)
	}
	if err != nil {
		return fmt.Errorf("withdraw the tasks of the leader before: %w", err)
	}
	return nil
}

// busy counts the groups that are worked at.
func (t *Term) busy(ctx context.Context) (int64, error) {
	ctx, cancel := t.etcd.within(ctx)
	defer cancel()
	answer, err := t.etcd.client.Get(ctx, t.etcd.spread()+"working/", clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		return 0, err
	}
	return answer.Count, nil
}

// write carries out writes of this term, or none, and returns their revision.
func (t *Term) write(ctx context.Context, conditions []clientv3.Cmp, writes ...clientv3.Op) (int64, error) {
	if err := t.Leads(); err != nil {
		return 0, err
	}
	ctx, cancel := t.etcd.within(ctx)
	defer cancel()
	leads := clientv3.Compare(clientv3.CreateRevision(t.etcd.leaderKey()), "=", t.since)
	answer, err := t.etcd.client.Txn(ctx).If(append(conditions, leads)...).Then(writes...).Commit()
	switch {
	case err != nil:
		return 0, err
	case !answer.Succeeded:
		return 0, ErrNotLeader
	}
	return answer.Header.Revision, nil
}

// spread is what the keys of shared work begin with.
func (e *Etcd) spread() string { return e.config.Prefix + "/spread/" }
