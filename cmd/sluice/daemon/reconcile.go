package daemon

import (
	"context"
	"os"
	"strings"
	"syscall"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
)

// reconcile runs one wiring after the other, until ctx ends or the reconciler can't go on.
func (d *Daemon) reconcile(ctx context.Context, signals <-chan os.Signal) error {
	// Watched over all wirings: a change while one waits for its turn is not lost.
	file := watchFile(ctx, d.options.File, d.opened, d.log)
	for ctx.Err() == nil {
		if err := d.runWiring(ctx, d.now.Load(), signals, file); err != nil {
			return err
		}
	}
	return nil
}

// shift is a wiring at work. It is owned by the goroutine of runWiring.
type shift struct {
	*wiring
	nudge chan os.Signal // asks for a pass; room for one
	ended chan error     // of the reconciler
}

// runWiring lets a wiring work until ctx ends, or until a reload has put another one in its place between two passes.
func (d *Daemon) runWiring(ctx context.Context, w *wiring, signals <-chan os.Signal, file <-chan struct{}) error {
	ctx, stop := context.WithCancel(ctx)
	watched, previewed, told, delivered := make(chan struct{}), make(chan struct{}), make(chan struct{}), d.deliver(ctx, w)
	defer func() { stop(); <-watched; <-previewed; <-told; <-delivered }()
	go func() { defer close(previewed); w.pulls.run(ctx) }()
	go func() { defer close(told); w.tellers.run(ctx) }()
	d.tellForge(w.settings)
	d.tellTellers(w.settings)
	go func() { defer close(watched); w.groups.Watch(ctx) }()
	s := shift{wiring: w, nudge: make(chan os.Signal, 1), ended: make(chan error, 1)}
	nudges := d.Source.Watch(ctx, w.settings.Repository.Poll, s.nudge)
	go func() { s.ended <- w.reconciler.Run(ctx, nudges) }()
	secrets := watchSecrets(ctx, w.settings, d.log)
	for {
		reload := false
		select {
		case err := <-s.ended:
			return err
		case signal := <-signals:
			if reload = signal == syscall.SIGHUP; !reload {
				w.reconciler.Retry()
			}
		case <-file:
			reload = true
		case <-secrets:
			d.log.Info("secrets have changed, looking again")
			w.reconciler.Look()
		case <-d.asked:
		}
		if reload && d.reload(ctx, w) {
			stop()
			return <-s.ended
		}
		s.look()
	}
}

// look asks for a pass.
func (s shift) look() {
	s.pulls.look()
	select {
	case s.nudge <- syscall.SIGUSR1:
	default: // one waits already, and says the same
	}
}

// tellWhatIsUnderWay says at the end what the daemon waits for.
func (d *Daemon) tellWhatIsUnderWay() {
	if busy := d.underWay(); busy != "" {
		d.log.Info("stopping: the changes under way finish first, a second signal ends at once", zap.String("applying", busy))
		return
	}
	d.log.Info("stopping")
}

// underWay names the gateway groups that are being written.
func (d *Daemon) underWay() string {
	var busy []string
	for _, env := range d.Status().Environments {
		for _, group := range env.Groups {
			if group.State == string(record.Applying) {
				busy = append(busy, env.Name+"/"+group.Name)
			}
		}
	}
	return strings.Join(busy, ", ")
}
