package daemon

import (
	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/settings"
)

// wiring is what a reload replaces: all that hangs from the daemon's own file and is no file, lock or listener.
type wiring struct {
	settings   settings.Settings
	groups     *Groups
	reconciler *reconciler.Reconciler // nil while another replica leads
	delivery   *forge.Delivery        // nil where no forge is named
	wake       chan struct{}          // wakes delivery; room for one
	pulls      pulls
	tellers    tellers
	before     *reconciler.Reconciler // the one that was replaced; nil for the first. It is shown until the new one has looked.
}

// wire makes a reconciler over gateway groups that are open.
func (d *Daemon) wire(s settings.Settings, groups *Groups) (*wiring, error) {
	verifier, err := Verifier(s, groups)
	if err != nil {
		return nil, err
	}
	delivery, err := d.delivery(s)
	if err != nil {
		return nil, err
	}
	pulls, err := d.openPulls(s, groups, verifier)
	if err != nil {
		return nil, err
	}
	tellers := d.openTellers(s)
	wake := make(chan struct{}, 1)
	made, err := reconciler.New(reconciler.Config{
		Source: watchedSource{Source: d.Source, told: &d.telemetry, past: d.Journal.View}, History: d.Source, Root: s.Repository.Root, Groups: d.spread.groups(s, groups.List()), Journal: d.Journal,
		Trust: Trust(s, d.Source), Keys: Keys(s.SOPS), Values: s.Values(), Verifier: verifier, DriftInterval: s.Drift.Interval, Pulse: s.Drift.Pulse,
		Statuses: delivery != nil, Observe: tellers.observer(pulls.observer(d.counted(d.told(d.observer(wake))))), Meter: d.telemetry.metrics, Tracer: d.telemetry.tracer,
		Log: d.log.Named("reconciler"),
	})
	if err != nil {
		return nil, err
	}
	return &wiring{settings: s, groups: groups, reconciler: made, delivery: delivery, wake: wake, pulls: pulls, tellers: tellers}, nil
}

// Reconciler returns the reconciler that is at work; another one after a reload, and nil while another replica leads.
func (d *Daemon) Reconciler() *reconciler.Reconciler { return d.now.Load().reconciler }

// Status is what runs where. It is safe to call from any goroutine.
func (d *Daemon) Status() reconciler.Status {
	if shown := d.shown(); shown != nil {
		return d.spread.withHolders(shown.Status())
	}
	return d.spread.withHolders(d.standbyStatus())
}

// Ready reports whether the config repo was read at least once. It is safe to call from any goroutine.
func (d *Daemon) Ready() bool {
	shown := d.shown()
	return shown == nil || shown.Ready()
}

func (d *Daemon) shown() *reconciler.Reconciler {
	w := d.now.Load()
	if w.before != nil && !w.reconciler.Ready() {
		return w.before
	}
	return w.reconciler
}
