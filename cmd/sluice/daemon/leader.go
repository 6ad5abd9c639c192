package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/replica"
)

// work reconciles until ctx ends: all the time, or when it is this replica's turn.
func (d *Daemon) work(ctx context.Context, signals <-chan os.Signal) error {
	if d.replicas == nil {
		return d.reconcile(ctx, signals)
	}
	defer d.spread.work(ctx)()
	for {
		term, err := d.standBy(ctx, signals)
		if err != nil {
			return nil // ctx has ended
		}
		if err := d.lead(ctx, term, signals); err != nil {
			return err
		}
	}
}

// afterTrouble is how long a replica leaves the leadership to others when it could not take it up.
const afterTrouble = 2 * time.Second

// lead reconciles until the term is over.
func (d *Daemon) lead(ctx context.Context, term *replica.Term, signals <-chan os.Signal) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-term.Done():
			stop()
		case <-ctx.Done():
		}
	}()
	if err := d.takeUp(ctx, term); err != nil {
		return d.giveUp(ctx, term, err)
	}
	d.log.Info("leading")
	defer d.lookAgain().Stop()
	var errands sync.WaitGroup
	errands.Go(func() { term.Errands(ctx, d.runErrand) })
	err := d.reconcile(ctx, signals)
	stop()
	errands.Wait()
	w := d.now.Load()
	d.now.Store(&wiring{settings: w.settings, groups: w.groups})
	d.telemetry.journeys.see("") // nobody here sees when the next commit comes
	if why := term.Why(); why != nil {
		d.log.Warn("no longer leading: nothing more is written", zap.Error(why))
	}
	d.spread.end()
	return errors.Join(err, d.replicas.end(term))
}

// takeUp makes a reconciler over the journal as the leader before has left it.
func (d *Daemon) takeUp(ctx context.Context, term *replica.Term) error {
	if err := d.replicas.begin(ctx, term); err != nil {
		return err
	}
	d.spread.begin(term)
	before := d.now.Load()
	w, err := d.wire(before.settings, before.groups)
	if err == nil {
		d.now.Store(w)
	}
	return err
}

// giveUp ends a term that could not be taken up. A journal that is broken ends the daemon, as it does when it starts.
func (d *Daemon) giveUp(ctx context.Context, term *replica.Term, err error) error {
	d.spread.end()
	ended := d.replicas.end(term)
	if broken, ok := errors.AsType[*record.BrokenError](err); ok {
		return errors.Join(fmt.Errorf("journal in etcd: %w", broken), ended)
	}
	d.log.Warn("could not take up the leadership", zap.Error(err))
	select {
	case <-time.After(afterTrouble):
	case <-ctx.Done():
	}
	return ended
}

// lookAgain looks at all gateways once more when the last request of the leader before must have arrived, whatever held it up.
func (d *Daemon) lookAgain() *time.Timer {
	return time.AfterFunc(d.longestRequest(), d.lookNow)
}

// longestRequest is how long a request to a gateway may take.
func (d *Daemon) longestRequest() time.Duration {
	longest := time.Duration(0)
	for _, group := range d.now.Load().settings.GatewayGroups {
		longest = max(longest, group.Timeout)
	}
	return longest
}

// lookNow looks at all gateways, where this replica leads.
func (d *Daemon) lookNow() {
	if current := d.Reconciler(); current != nil {
		current.Look()
		d.ask()
	}
}

// ask asks for a pass.
func (d *Daemon) ask() {
	select {
	case d.asked <- struct{}{}:
	default: // one waits already, and says the same
	}
}

// Lead takes the leadership at once where the journal is in etcd, and is refused with a *replica.HeldError where another has it. It
// keeps it until Close. With a journal in a file it has nothing to do.
func (d *Daemon) Lead(ctx context.Context) error {
	if d.replicas == nil {
		return nil
	}
	term, err := d.replicas.etcd.TryLead(ctx)
	if _, held := errors.AsType[*replica.HeldError](err); held {
		return fmt.Errorf("%w\n\thint: a daemon runs there already: let it do the work, or stop all of them first", err)
	}
	if err != nil {
		return err
	}
	d.spread = nil // whoever leads for one apply does the work alone
	if err := d.takeUp(ctx, term); err != nil {
		return errors.Join(err, d.replicas.end(term))
	}
	return nil
}
