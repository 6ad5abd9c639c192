package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/replica"
	"github.com/sluice-gitops/sluice/settings"
)

// replicas is what a daemon has to do with the others that share its journal in etcd.
type replicas struct {
	etcd    *replica.Etcd
	store   *replica.Store
	journal *record.Journal
	term    atomic.Pointer[replica.Term] // nil while another leads
	heard   atomic.Pointer[standing]     // what was heard last while another leads
	log     *zap.Logger
}

// standing is what a standby knows of its leader.
type standing struct {
	leader  string // empty: nobody leads
	trouble error  // why it is not known; nil when it is
}

// openReplicas connects to etcd and reads the journal there.
func openReplicas(e settings.Etcd, log *zap.Logger) (*replicas, error) {
	etcd, err := openEtcd(e)
	if err != nil {
		return nil, err
	}
	r := &replicas{etcd: etcd, store: etcd.Store(), log: log.Named("replica")}
	r.heard.Store(&standing{})
	if r.journal, err = record.Follow(r.store, log.Named("record")); err != nil {
		err = fmt.Errorf("etcd at %s: %w\n\thint: a replica begins with the journal; when etcd answers, start it again", strings.Join(e.Endpoints, ", "), err)
		return nil, errors.Join(err, etcd.Close())
	}
	return r, nil
}

// leads returns nil while this process can prove that it leads. It is safe to call on nil: a daemon without replicas leads.
func (r *replicas) leads() error {
	if r == nil {
		return nil
	}
	term := r.term.Load()
	if term == nil {
		return replica.ErrNotLeader
	}
	return term.Leads()
}

// fence lets nothing out to a gateway while this process can't prove that it leads.
func (r *replicas) fence(_ string, transport *http.Transport) { replica.Fence(transport, r.leads) }

// hear keeps who leads, and says it in the log when it is another than before.
func (r *replicas) hear(leader replica.Leader, err error) {
	before := r.heard.Swap(&standing{leader: leader.Name, trouble: err})
	switch {
	case err != nil && before.trouble == nil:
		r.log.Warn("etcd is out of reach: nothing is written until it is back", zap.Error(err))
	case err == nil && (before.trouble != nil || before.leader != leader.Name) && leader.Name != "":
		r.log.Info("standing by", zap.String("leader", leader.Name))
	}
}

// begin makes this process the leader for a term: the journal is brought up to date and takes lines.
func (r *replicas) begin(ctx context.Context, term *replica.Term) error {
	if err := term.Withdraw(ctx); err != nil {
		return err
	}
	key, err := term.MarkKey(ctx)
	if err != nil {
		return err
	}
	r.store.WriteIn(term)
	if err := r.journal.TakeOver(key); err != nil {
		return err
	}
	r.term.Store(term)
	return nil
}

// end makes this process a standby. What ran in the name of the term must have ended.
func (r *replicas) end(term *replica.Term) error {
	r.heard.Store(&standing{trouble: term.Why()})
	r.term.Store(nil)
	r.journal.HandOver()
	r.store.WriteIn(nil)
	return term.Close()
}

func (r *replicas) close() error {
	if r == nil {
		return nil
	}
	return errors.Join(r.term.Load().Close(), r.etcd.Close())
}
