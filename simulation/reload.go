package simulation

import (
	"context"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
)

// settings are what the daemon's own file says, which may be read again while it runs.
type settings struct {
	interval time.Duration // between two looks for drift
	drain    time.Duration
}

func newSettings(dice chance) settings {
	return settings{pick(dice, driftInterval, driftInterval, time.Minute), pick(dice, 0, 0, 3*time.Second)}
}

// work lets one reconciler work after the other until ctx ends, as the daemon does: another takes over when its settings were read again.
func (d *incarnation) work(ctx context.Context) {
	for d.shift(ctx) {
	}
}

// shift lets a reconciler work, and reports whether another one has taken over.
func (d *incarnation) shift(ctx context.Context) bool {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := d.begin(ctx)
	for {
		select {
		case <-ended:
			return false
		case s := <-d.reloads:
			if next := d.relieve(ctx, s); next != nil {
				stop()
				<-ended
				d.Reconciler = next
				return true
			}
		}
	}
}

// begin starts the reconciler and the delivery. The channel is closed when both have ended.
func (d *incarnation) begin(ctx context.Context) <-chan struct{} {
	at, ended := d.Reconciler, make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() { d.deliver(ctx) })
	running.Go(func() { _ = at.Run(ctx, d.nudges) }) // it returns nil
	go func() {
		defer close(ended)
		running.Wait()
	}()
	return ended
}

// relieve makes another reconciler once no pass runs; nil when the daemon ends first, or the journal does not let it: then the one at work goes
// on.
func (d *incarnation) relieve(ctx context.Context, s settings) *reconciler.Reconciler {
	if sabotage := d.world.sabotage; sabotage != nil && sabotage.Hasty {
		d.Reconciler, _ = d.wire(s)
		<-d.begin(ctx) // beside the one that is at work
		return nil
	}
	goOn, err := d.Rest(ctx)
	if err != nil {
		return nil
	}
	next, err := d.wire(s)
	if err != nil {
		goOn()
		return nil
	}
	return next
}

// reload changes the settings of the daemon and lets it read them. What it hears of at the same time would come in an order that the runtime
// chooses: there must be nothing.
func (w *world) reload() {
	if w.daemon == nil || w.stopping || len(w.daemon.nudges) > 0 || len(w.daemon.reloads) > 0 || !w.stage.quiet() {
		return
	}
	w.settings = newSettings(w.dice)
	w.daemon.reloads <- w.settings
	w.trace.note("daemon %d reads its settings again: %+v", w.daemon.number, w.settings)
}
