package daemon

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/replica"
	"github.com/sluice-gitops/sluice/settings"
)

// spread is what a daemon has to do with replicas that share the work at gateway groups.
type spread struct {
	crew   *replica.Crew
	desk   atomic.Pointer[replica.Desk] // nil while another leads
	looks  atomic.Bool                  // live is to be looked at once more, because a holder was lost
	daemon *Daemon
}

// openSpread makes this daemon one of those that work at gateway groups; nil where the leader does all the work.
func (d *Daemon) openSpread(s settings.Settings) *spread {
	if d.replicas == nil || !s.Journal.Etcd.Spread {
		return nil
	}
	shop := &workshop{daemon: d, log: d.log.Named("worker")}
	p := &spread{daemon: d, crew: d.replicas.etcd.Crew(spreadable(s), shop)}
	shop.holds = p.crew.Holds
	return p
}

// isSpread reports whether the work at a group may be done by any replica. A client of standalone groups keeps the whole configuration for
// instances that restart empty: that stays with the leader.
func isSpread(group settings.GatewayGroup) bool {
	return group.Type != settings.Standalone && group.Type != settings.Embedded
}

func spreadable(s settings.Settings) []string {
	names := []string{}
	for name, group := range s.GatewayGroups {
		if isSpread(group) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// work holds groups and works at them until the function that it returns is called.
func (p *spread) work(ctx context.Context) (end func()) {
	if p == nil {
		return func() {}
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // a leader's last tasks end before this replica leaves
	ended := make(chan struct{})
	go func() { defer close(ended); p.crew.Run(ctx) }()
	return func() { stop(); <-ended }
}

// begin hands out tasks in a term. Like the rest, it does nothing for nil.
func (p *spread) begin(term *replica.Term) {
	if p == nil {
		return
	}
	desk := p.crew.Desk(term)
	desk.Lost = p.lookOnce
	p.desk.Store(desk)
}

func (p *spread) end() {
	if p != nil {
		p.desk.Store(nil)
	}
}

// lookOnce looks at all gateways once more when the last request of a holder that was lost must have arrived.
func (p *spread) lookOnce(group string) {
	p.daemon.log.Warn("the replica that worked at a gateway group was lost", zap.String("group", group))
	if p.looks.Swap(true) {
		return
	}
	time.AfterFunc(p.daemon.longestRequest(), func() {
		p.looks.Store(false)
		p.daemon.lookNow()
	})
}

// groups returns the groups as the reconciler of a leader takes them: to those that are spread it writes by the hands of others.
func (p *spread) groups(s settings.Settings, list []reconciler.Group) []reconciler.Group {
	if p == nil || p.desk.Load() == nil {
		return list
	}
	list = slices.Clone(list)
	for i, group := range list {
		if isSpread(s.GatewayGroups[group.Name]) {
			list[i].Gateway, list[i].At, list[i].Hand = reader{group.Gateway}, nil, distant{p.desk.Load()}
		}
	}
	return list
}

// serve says to the others which groups this replica knows from now on.
func (p *spread) serve(s settings.Settings) {
	if p != nil {
		p.crew.Serve(spreadable(s))
	}
}

// held says how many groups this replica holds, behind its role; empty where nothing is spread.
func (p *spread) held() string {
	if p == nil {
		return ""
	}
	groups := len(p.crew.Held())
	if groups == 1 {
		return ", holds 1 gateway group"
	}
	return fmt.Sprintf(", holds %d gateway groups", groups)
}

// withHolders adds to a status, which it may change, which replica works at each group.
func (p *spread) withHolders(status reconciler.Status) reconciler.Status {
	if p == nil {
		return status
	}
	for _, env := range status.Environments {
		for i, group := range env.Groups {
			env.Groups[i].Holder = p.crew.Holder(group.Name)
		}
	}
	return status
}

// fenceOf lets out to a group only what its holder sends.
func fenceOf(holds func(group string) error) func(string, *http.Transport) {
	return func(group string, transport *http.Transport) {
		replica.Fence(transport, func() error { return holds(group) })
	}
}

// reader is a gateway that another replica writes to.
type reader struct{ reconciler.Gateway }

var errReader = &gateway.Error{Class: gateway.Denied, Op: "write", Reason: "another replica writes to this group"}

// Put refuses.
func (reader) Put(context.Context, gateway.Resource) error { return errReader }

// Delete refuses.
func (reader) Delete(context.Context, gateway.Key) error { return errReader }

// Settle refuses: a barrier writes, too.
func (reader) Settle(context.Context, []gateway.Key) (bool, error) { return false, errReader }
