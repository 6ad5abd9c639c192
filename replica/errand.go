package replica

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// The errors of Send.
var (
	ErrUnanswered = errors.New("no replica that leads has taken it: nothing was done")
	ErrTaken      = errors.New("the replica that leads has taken it and did not answer: it may be done or not")
)

// errandLife is how long an errand stands when who sent it is gone.
const errandLife = time.Minute

// Send asks the leader, whoever that is, to do something, and returns its answer. When ctx ends first, the errand is taken back: the error
// is then ErrUnanswered, or ErrTaken where it is too late for that.
func (e *Etcd) Send(ctx context.Context, errand []byte) ([]byte, error) {
	lease, err := e.grantFor(ctx, errandLife)
	if err != nil {
		return nil, err
	}
	defer e.revoke(lease) // what is left of errand and answer goes with it
	id := fmt.Sprintf("%016x", int64(lease))
	sent, err := e.client.Put(ctx, e.errands()+id, string(errand), clientv3.WithLease(lease))
	if err != nil {
		return nil, fmt.Errorf("leave an errand for the leader in etcd: %w", err)
	}
	for {
		answer, answered, err := e.answerTo(ctx, id)
		switch {
		case answered:
			return answer, nil
		case ctx.Err() != nil:
			return e.takeBack(id, sent.Header.Revision)
		case err != nil:
			pause(ctx, again)
		default:
			pause(ctx, lookForAnswer)
		}
	}
}

// lookForAnswer is how often an answer is looked for.
const lookForAnswer = 100 * time.Millisecond

func (e *Etcd) answerTo(ctx context.Context, id string) ([]byte, bool, error) {
	ctx, cancel := e.within(ctx)
	defer cancel()
	found, err := e.client.Get(ctx, e.answers()+id)
	if err != nil || len(found.Kvs) == 0 {
		return nil, false, err
	}
	return found.Kvs[0].Value, true, nil
}

// takeBack removes an errand that nobody has taken.
func (e *Etcd) takeBack(id string, sent int64) ([]byte, error) {
	ctx, cancel := e.within(context.Background())
	defer cancel()
	key := e.errands() + id
	done, err := e.client.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(key), "=", sent)).
		Then(clientv3.OpDelete(key)).Else(clientv3.OpGet(e.answers() + id)).Commit()
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w (%w)", ErrTaken, err)
	case done.Succeeded:
		return nil, ErrUnanswered
	}
	if found := done.Responses[0].GetResponseRange().Kvs; len(found) > 0 {
		return found[0].Value, nil
	}
	return nil, ErrTaken
}

// Errands does what other replicas send, one after the other and each at most once, until ctx ends.
func (t *Term) Errands(ctx context.Context, do func(errand []byte) (answer []byte)) {
	for ctx.Err() == nil {
		seen, err := t.runErrands(ctx, do)
		if err != nil {
			pause(ctx, again)
			continue
		}
		t.etcd.waitFor(ctx, t.etcd.errands(), seen)
	}
}

// runErrands does what stands there, in the order in which it came, and returns the revision of etcd that it looked at.
func (t *Term) runErrands(ctx context.Context, do func([]byte) []byte) (int64, error) {
	listing, cancel := t.etcd.within(ctx)
	found, err := t.etcd.client.Get(listing, t.etcd.errands(), clientv3.WithPrefix(),
		clientv3.WithSort(clientv3.SortByCreateRevision, clientv3.SortAscend))
	cancel()
	if err != nil {
		return 0, err
	}
	for _, kv := range found.Kvs {
		if err := t.runErrand(ctx, kv, do); err != nil {
			return 0, err
		}
	}
	return found.Header.Revision, nil
}

// runErrand takes an errand, and does it only then: it is never done twice.
func (t *Term) runErrand(ctx context.Context, kv *mvccpb.KeyValue, do func([]byte) []byte) error {
	key := string(kv.Key)
	stands := clientv3.Compare(clientv3.ModRevision(key), "=", kv.ModRevision)
	// One that is taken is done, though the term is about to end.
	switch _, err := t.write(context.WithoutCancel(ctx), []clientv3.Cmp{stands}, clientv3.OpDelete(key)); {
	case errors.Is(err, ErrNotLeader) && t.Leads() == nil:
		return nil // it was taken back
	case err != nil:
		return err
	}
	answer := t.etcd.answers() + key[len(t.etcd.errands()):]
	writing, cancel := t.etcd.within(context.WithoutCancel(ctx))
	defer cancel()
	// Without the lease of who sent it nobody waits for the answer any more.
	_, _ = t.etcd.client.Put(writing, answer, string(do(kv.Value)), clientv3.WithLease(clientv3.LeaseID(kv.Lease)))
	return nil
}

// waitFor returns when something is put below a prefix after a revision, or after the time of a lease.
func (e *Etcd) waitFor(ctx context.Context, prefix string, seen int64) {
	ctx, cancel := context.WithTimeout(ctx, e.config.Lease)
	defer cancel()
	events := e.client.Watch(clientv3.WithRequireLeader(ctx), prefix, clientv3.WithPrefix(), clientv3.WithRev(seen+1), clientv3.WithFilterDelete())
	for answer := range events {
		if answer.Err() != nil {
			pause(ctx, again)
			return
		}
		if len(answer.Events) > 0 {
			return
		}
	}
}

func (e *Etcd) errands() string { return e.config.Prefix + "/errands/" }
func (e *Etcd) answers() string { return e.config.Prefix + "/answers/" }
