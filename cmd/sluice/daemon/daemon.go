// Package daemon wires what the daemon's own file names into a running whole: the followed branch, the gateway groups, the
// journal, the reconciler and the read API.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/trust"
	"github.com/sluice-gitops/sluice/web"
	"github.com/sluice-gitops/sluice/web/access"
	"github.com/sluice-gitops/sluice/web/page"
)

// Options say what a Daemon tells of itself.
type Options struct {
	Observe func(reconciler.Event) // see reconciler.Config
	Log     *zap.Logger            // nil: none
	// Lag delays each embedded gateway's workers by a random time up to it, as real gateways are never in step; zero: none.
	Lag time.Duration
	// File is the daemon's own file, which is read again on SIGHUP and when it changes; empty: never.
	File string
	// Reloading is told when the file is read again, and calls what it returns when that is done; nil: nobody is told.
	Reloading func() (done func())
	// Version and Commit are those of the program; empty: not known.
	Version, Commit string
	// Dropped counts the lines that the log has left out; nil: none are.
	Dropped func() int64
	// Level follows log.level when the file is read again; nil: nothing does.
	Level *zap.AtomicLevel
}

// Daemon is everything that `sluice run` runs. Make one with Open, and Close it when Run has ended.
type Daemon struct {
	Source  *source.Repository
	Journal *record.Journal

	now      atomic.Pointer[wiring] // nil until Open is done
	asked    chan struct{}          // asks for a pass; room for one
	opened   time.Time              // when the daemon's file had just been read
	replicas *replicas              // nil where the journal is in a file
	spread   *spread                // nil where the leader does all the work
	options  Options
	listener net.Listener
	log      *zap.Logger

	door        *access.Door
	page        *page.Handler       // nil until Run
	certificate *access.Certificate // nil where the API is plain HTTP

	telemetry telemetry
	insight   insights
	hooks     atomic.Pointer[web.Webhooks] // nil until Run, and where no forge is named
}

// Open opens the journal and the mirror, starts the embedded gateways and takes the listen address. It speaks to no real
// gateway yet. What it opened before an error is closed again.
func Open(ctx context.Context, s settings.Settings, options Options) (_ *Daemon, err error) {
	d := &Daemon{options: options, log: options.Log, asked: make(chan struct{}, 1), opened: time.Now()}
	if d.log == nil {
		d.log = zap.NewNop()
	}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	if err = d.openJournal(s.Journal); err != nil {
		return nil, err
	}
	if err = d.openTelemetry(ctx, s); err != nil {
		return nil, err
	}
	if d.Source, err = openSource(ctx, s, d.log, d.mayPush()); err != nil {
		return nil, err
	}
	if err = d.openDoor(s); err != nil {
		return nil, err
	}
	if d.listener, err = net.Listen("tcp", s.Listen); err != nil {
		return nil, fmt.Errorf("listen for the read API: %w", err)
	}
	groups, err := d.openGroups(s)
	if err != nil {
		return nil, err
	}
	d.spread = d.openSpread(s)
	d.openInsight(s)
	first := &wiring{settings: s, groups: groups}
	if d.replicas == nil {
		if first, err = d.wire(s, groups); err != nil {
			return nil, errors.Join(err, groups.Close())
		}
	}
	d.now.Store(first)
	return d, nil
}

func (d *Daemon) openJournal(at settings.Journal) (err error) {
	if at.Etcd.Used() {
		if d.replicas, err = openReplicas(at.Etcd, d.log); err == nil {
			d.Journal = d.replicas.journal
		}
		return err
	}
	d.Journal, err = record.Open(at.Path, d.log.Named("record"))
	if _, locked := errors.AsType[*record.LockedError](err); locked {
		err = fmt.Errorf("%w\n\thint: a daemon runs here already: let it do the work, or stop it first", err)
	}
	return err
}

func (d *Daemon) openGroups(s settings.Settings) (*Groups, error) {
	groups := newGroups(d.log)
	groups.watched = d.watchRequests
	if d.replicas != nil {
		groups.fence = d.replicas.fence
	}
	return groups, groups.openAll(s, &d.options.Lag)
}

// OpenSource opens the mirror of the followed branch.
func OpenSource(ctx context.Context, s settings.Settings, log *zap.Logger) (*source.Repository, error) {
	return openSource(ctx, s, log, nil)
}

func openSource(ctx context.Context, s settings.Settings, log *zap.Logger, mayPush func() error) (*source.Repository, error) {
	config, err := sourceConfig(s.Repository)
	if err != nil {
		return nil, err
	}
	config.Log, config.MayPush = log, mayPush
	return source.Open(ctx, config)
}

// Trust returns what decides whose commits are applied; nil when the daemon's file names no keyring.
func Trust(s settings.Settings, repository *source.Repository) func(commit string) error {
	if s.Repository.Verify.Keyring == "" {
		return nil
	}
	keyring := trust.Keyring{Dir: s.Repository.Verify.Keyring}
	return func(commit string) error {
		payload, signature, err := repository.Signed(commit)
		if err == nil {
			_, err = keyring.Check(payload, signature)
		}
		return err
	}
}

// Address is where the read API listens.
func (d *Daemon) Address() string { return d.listener.Addr().String() }

// Run reconciles until ctx ends, and serves the API meanwhile. SIGHUP on signals reads the daemon's own file again; any other signal
// starts a pass that also tries what failed or is held. It returns nil after ctx has ended.
func (d *Daemon) Run(ctx context.Context, signals <-chan os.Signal) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(ctx, d.tellWhatIsUnderWay)()
	go d.insight.model.Run(ctx)
	handler := d.handler(ctx)
	server := web.Server(handler, d.log.Named("web"))
	server.RegisterOnShutdown(handler.EndStreams)
	served := make(chan error, 1)
	go func() { served <- d.serve(server) }()
	reconciled := make(chan error, 1)
	go func() { reconciled <- d.work(ctx, signals) }()
	var err error
	select {
	case err = <-served:
		stop()
		err = errors.Join(err, <-reconciled)
	case err = <-reconciled:
		err = errors.Join(err, shutdown(server))
	}
	return err
}

// shutdownTime is how long open requests may take at the end.
const shutdownTime = 5 * time.Second

func shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	return server.Shutdown(ctx)
}

// Close releases everything. It is safe after a failed Open, and to call again.
func (d *Daemon) Close() error {
	var errs []error
	if d.listener != nil {
		d.listener.Close() // the server has closed it in most cases
	}
	if w := d.now.Load(); w != nil {
		errs = append(errs, w.groups.Close())
	}
	if d.Source != nil {
		errs = append(errs, d.Source.Close())
	}
	if d.Journal != nil {
		errs = append(errs, d.Journal.Close())
	}
	errs = append(errs, d.replicas.close(), d.closeTelemetry())
	return errors.Join(errs...)
}
