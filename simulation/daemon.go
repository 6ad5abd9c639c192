package simulation

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// incarnation is one daemon from its start to its death.
type incarnation struct {
	world   *world
	number  int
	dead    bool // guarded by stage.mu
	mirror  *mirror
	journal *record.Journal
	*reconciler.Reconciler
	nudges  chan struct{}
	wake    chan struct{} // of the delivery
	reloads chan settings // room for one
	stop    context.CancelFunc
	ended   chan struct{} // closed when Run has returned
}

var markKey = []byte("the key of the marks has 32 bytes")[:32]

// start starts a daemon over what is durable. It returns nil when the daemon can't start now: its disk does not let it.
func (w *world) start() *incarnation {
	w.incarnations++
	w.stopping, w.owed, w.begun = false, false, nil
	w.stage.begin()
	d := &incarnation{world: w, number: w.incarnations, nudges: make(chan struct{}, 1), wake: make(chan struct{}, 1), reloads: make(chan settings, 1), ended: make(chan struct{})}
	d.mirror = newMirror(d)
	err := d.open()
	w.trace.note("daemon %d starts: %v", d.number, err)
	if broken := (*record.BrokenError)(nil); errors.As(err, &broken) {
		w.breach("the journal is broken: %v", err)
	}
	if err != nil {
		return nil
	}
	ctx, stop := context.WithCancel(context.Background())
	d.stop = stop
	go func() {
		defer close(d.ended)
		d.work(ctx)
	}()
	return d
}

func (d *incarnation) open() (err error) {
	if d.journal, err = record.OpenStore(journal{d.world.disk, d}, markKey, nil); err != nil {
		return err
	}
	d.Reconciler, err = d.wire(d.world.settings)
	return err
}

// wire makes a reconciler of the daemon's own settings.
func (d *incarnation) wire(s settings) (*reconciler.Reconciler, error) {
	config := reconciler.Config{
		Source: d.mirror, History: d.mirror, Journal: d.journal, DriftInterval: s.interval, Groups: d.groups(s),
		Verifier: verifier{d}, Statuses: true, Observe: d.observe, Pulse: -1, // the pulse looks at any resource: no seed says which
	}
	if d.world.sabotage != nil {
		d.world.sabotage.daemon(&config)
	}
	return reconciler.New(config)
}

// driftInterval is the longest there is.
const driftInterval = 3 * time.Minute

func (d *incarnation) groups(s settings) []reconciler.Group {
	var groups []reconciler.Group
	for _, at := range d.world.stands {
		for _, name := range at.groups() {
			groups = append(groups, reconciler.Group{
				Name: name, Environment: at.name, Gateway: d.client(name), Parallel: 64, Drain: s.drain,
			})
		}
	}
	return groups
}

// client is the real client of the Admin API. Its slots are many: who waits for one would be chosen by the runtime.
func (d *incarnation) client(name string) *apisix.Gateway {
	config := apisix.Config{
		Name: name, AdminURL: adminURL(name), Parallel: 64, Transport: network{d}, SettleTime: settleTime,
		AdminKey: func() (gateway.Secret, error) { return gateway.NewSecret("", adminKey), nil },
	}
	if !d.world.retries {
		config.Retries = -1
	}
	if d.world.control {
		config.Instances = []apisix.Instance{{ControlURL: controlURL(name), Workers: 1}}
	}
	client, err := apisix.New(config)
	if err != nil {
		panic(err) // the configuration is ours
	}
	return client
}

// settleTime is what a worker needs at most for what the control API does not show.
const settleTime = time.Second

// nudge says that there may be something new.
func (d *incarnation) nudge() {
	select {
	case d.nudges <- struct{}{}:
	default:
	}
}

// kill ends a daemon at this instant: nothing that it does from here on has any effect.
func (w *world) kill(how string) {
	d := w.daemon
	w.trace.note("daemon %d is killed: %s", d.number, how)
	w.stage.kill(d)
	d.stop()
	w.daemon = nil
	w.crashes++
	w.await(d)
}

// await waits until the goroutines of a daemon are gone.
func (w *world) await(d *incarnation) {
	limit := time.NewTimer(24 * time.Hour)
	defer limit.Stop()
	select {
	case <-d.ended:
	case <-limit.C:
		w.breach("daemon %d does not end", d.number)
	}
}

// over reports whether Run has returned.
func (d *incarnation) over() bool {
	select {
	case <-d.ended:
		return true
	default:
		return false
	}
}

// stand returns an environment of the layout; false when it is none.
func (w *world) stand(name string) (stand, bool) {
	i := slices.IndexFunc(w.stands, func(s stand) bool { return s.name == name })
	if i < 0 {
		return stand{}, false
	}
	return w.stands[i], true
}
