package simulation

import (
	"cmp"
	"context"
	"slices"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// outbox is the journal's, in an order that is the same in every run: of what is noted in one instant the runtime chooses the first.
type outbox struct {
	*record.Journal
	of *incarnation
}

// looksInOutbox is the name of the operation that waits until all that is noted in one instant is.
const looksInOutbox = "forge looks"

// Outbox returns what waits, in the order of the time at which it was put there.
func (o outbox) Outbox() []record.Entry {
	o.of.world.stage.wait(context.Background(), &operation{name: looksInOutbox, of: o.of})
	waiting := o.Journal.Outbox()
	slices.SortStableFunc(waiting, func(a, b record.Entry) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.Commit, b.Commit), cmp.Compare(a.Status.Context, b.Status.Context))
	})
	return waiting
}

// deliver posts statuses until ctx ends.
func (d *incarnation) deliver(ctx context.Context) {
	delivery := &forge.Delivery{Outbox: outbox{d.journal, d}, Forge: poster{d}}
	if d.world.sabotage != nil {
		d.world.sabotage.delivery(delivery)
	}
	delivery.Run(ctx, d.wake)
}

// letLook lets the deliveries look into the outbox, and reports whether one did.
func (w *world) letLook() bool {
	o := w.stage.find(looksInOutbox)
	if o != nil {
		w.stage.hand(o, reply{})
	}
	return o != nil
}

// observe wakes the delivery at each step of the reconciler.
func (d *incarnation) observe(reconciler.Event) {
	select {
	case d.wake <- struct{}{}:
	default: // it is awake already
	}
}
