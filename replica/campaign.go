package replica

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Leader is the process that leads.
type Leader struct {
	Name  string // empty: nobody leads
	since int64  // the revision that its key was created at
	seen  int64  // the revision of etcd when it was found
}

// Campaign waits until nobody leads, then leads. While it waits, tell hears who leads, or why that is not known, whenever it
// looks; it must not block. The error is that of ctx. Nobody is in the way of others while it waits: the lease is taken with the
// leadership and not before.
func (e *Etcd) Campaign(ctx context.Context, tell func(Leader, error)) (*Term, error) {
	for {
		term, leader, err := e.try(ctx)
		if ctx.Err() != nil {
			return nil, errors.Join(ctx.Err(), term.Close())
		}
		if term != nil {
			return term, nil
		}
		tell(leader, err)
		e.wait(ctx, leader, err != nil)
	}
}

// TryLead leads at once, or returns a *HeldError that names who does.
func (e *Etcd) TryLead(ctx context.Context) (*Term, error) {
	term, leader, err := e.try(ctx)
	if err == nil && term == nil {
		err = &HeldError{leader.Name}
	}
	if err != nil {
		return nil, fmt.Errorf("become leader: %w", err)
	}
	return term, nil
}

// HeldError says that another process leads.
type HeldError struct{ Name string }

// Error names the process.
func (e *HeldError) Error() string { return fmt.Sprintf("replica %q leads", e.Name) }

// Leader asks who leads.
func (e *Etcd) Leader(ctx context.Context) (Leader, error) {
	ctx, cancel := e.within(ctx)
	defer cancel()
	answer, err := e.client.Get(ctx, e.leaderKey())
	if err != nil {
		return Leader{}, fmt.Errorf("ask etcd who leads: %w", err)
	}
	return leaderIn(answer.Kvs, answer.Header.Revision), nil
}

func leaderIn(found []*mvccpb.KeyValue, seen int64) Leader {
	if len(found) == 0 {
		return Leader{}
	}
	return Leader{Name: string(found[0].Value), since: found[0].CreateRevision, seen: seen}
}

// try takes the leadership when nobody has it.
func (e *Etcd) try(ctx context.Context) (*Term, Leader, error) {
	leader, err := e.Leader(ctx)
	if err != nil || leader.since != 0 {
		return nil, leader, err
	}
	asked := time.Now()
	lease, err := e.grant(ctx)
	if err != nil {
		return nil, Leader{}, err
	}
	within, cancel := e.within(ctx)
	defer cancel()
	answer, err := e.client.Txn(within).If(clientv3.Compare(clientv3.CreateRevision(e.leaderKey()), "=", 0)).
		Then(clientv3.OpPut(e.leaderKey(), e.config.Name, clientv3.WithLease(lease))).
		Else(clientv3.OpGet(e.leaderKey())).Commit()
	if err != nil || !answer.Succeeded {
		// The answer may be lost and the key be ours: it must not outlast this attempt.
		e.revoke(lease)
	}
	switch {
	case err != nil:
		return nil, Leader{}, fmt.Errorf("take the leadership: %w", err)
	case !answer.Succeeded:
		return nil, leaderIn(answer.Responses[0].GetResponseRange().Kvs, answer.Header.Revision), nil
	}
	return e.begin(lease, answer.Header.Revision, asked), Leader{}, nil
}

func (e *Etcd) grant(ctx context.Context) (clientv3.LeaseID, error) {
	return e.grantFor(ctx, e.config.Lease)
}

func (e *Etcd) grantFor(ctx context.Context, life time.Duration) (clientv3.LeaseID, error) {
	ctx, cancel := e.within(ctx)
	defer cancel()
	seconds := int64((life + time.Second - 1) / time.Second)
	lease, err := e.client.Grant(ctx, seconds)
	if err != nil {
		return 0, fmt.Errorf("get a lease from etcd: %w", err)
	}
	return lease.ID, nil
}

// revoke gives a lease back. When etcd does not hear of it, the lease ends by itself.
func (e *Etcd) revoke(lease clientv3.LeaseID) {
	ctx, cancel := e.within(context.Background())
	defer cancel()
	_, _ = e.client.Revoke(ctx, lease)
}

// again is how long a candidate waits after trouble.
const again = time.Second

// wait returns when the leader is gone, or it is time to look again: a watch may be silent because etcd is.
func (e *Etcd) wait(ctx context.Context, leader Leader, trouble bool) {
	if trouble || leader.since == 0 || !e.watch(ctx, leader) {
		pause(ctx, again)
	}
}

// watch waits until the leader is gone, for the time of a lease at most, and reports whether etcd could be watched. It begins where the
// leader was found: what came before may be compacted by now, and is known.
func (e *Etcd) watch(ctx context.Context, leader Leader) bool {
	ctx, cancel := context.WithTimeout(ctx, e.config.Lease)
	defer cancel()
	for answer := range e.client.Watch(clientv3.WithRequireLeader(ctx), e.leaderKey(), clientv3.WithRev(leader.seen+1), clientv3.WithFilterPut()) {
		if answer.Err() != nil {
			return false
		}
		if len(answer.Events) > 0 {
			return true
		}
	}
	return ctx.Err() != nil // else etcd has ended the watch
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
