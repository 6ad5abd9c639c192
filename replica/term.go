package replica

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// ErrNotLeader says that this process can't prove that it leads. It may still do so a moment later.
var ErrNotLeader = errors.New("this replica can't prove that it leads")

// Term is the time for which this process leads. It is safe for use by several goroutines at once.
type Term struct {
	etcd  *Etcd
	lease clientv3.LeaseID
	since int64 // the revision that the leader's key was created at
	clock *clock
	done  chan struct{}
	stop  context.CancelFunc
	over  sync.Once
}

func (e *Etcd) begin(lease clientv3.LeaseID, since int64, asked time.Time) *Term {
	ctx, stop := context.WithCancel(context.Background())
	t := &Term{etcd: e, lease: lease, since: since, clock: newClock(e.config.Lease, asked), done: make(chan struct{}), stop: stop}
	go func() {
		defer close(t.done)
		t.clock.end(t.clock.keep(ctx, t.renew))
	}()
	return t
}

// Done is closed when the term is over: closed, lost, or etcd was silent for too long. What runs in its name must stop then.
func (t *Term) Done() <-chan struct{} { return t.done }

// Why says why a term that is done is over; nil for one that was closed.
func (t *Term) Why() error { return t.clock.why() }

// Leads returns nil while this process can prove by its own clock that it leads: etcd has said so so lately that no other can
// have taken its place. Else it returns ErrNotLeader. It asks nobody.
func (t *Term) Leads() error { return t.clock.holds(time.Now()) }

// Close ends the term and gives the lease back, so that another can lead at once. Stop everything that runs in its name first.
// Closing a nil Term, or one twice, does nothing.
func (t *Term) Close() error {
	if t == nil {
		return nil
	}
	t.over.Do(func() {
		t.stop()
		<-t.done
		t.etcd.revoke(t.lease)
	})
	return nil
}

// renew asks etcd for the lease to go on, and whether the leader's key is still the one of this term.
func (t *Term) renew(ctx context.Context) error {
	if _, err := t.etcd.client.KeepAliveOnce(ctx, t.lease); err != nil {
		if errors.Is(err, rpctypes.ErrLeaseNotFound) {
			return fmt.Errorf("%w: the lease has ended", errLost)
		}
		return err
	}
	leader, err := t.etcd.Leader(ctx)
	if err == nil && leader.since != t.since {
		err = fmt.Errorf("%w: the leader's key is gone or another's", errLost)
	}
	return err
}
