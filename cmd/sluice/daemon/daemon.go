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
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/source"
	"github.com/sluice-gitops/sluice/trust"
	"github.com/sluice-gitops/sluice/web"
)

// Options say what a Daemon tells of itself.
type Options struct {
	Observe func(reconciler.Event) // see reconciler.Config
	Log     *zap.Logger            // nil: none
	// Lag delays each embedded gateway's workers by a random time up to it, as real gateways are never in step; zero: none.
	Lag time.Duration
}

// Daemon is everything that `sluice run` runs. Make one with Open, and Close it when Run has ended.
type Daemon struct {
	Reconciler *reconciler.Reconciler
	Source     *source.Repository
	Journal    *record.Journal
	Groups     *Groups

	settings settings.Settings
	listener net.Listener
	log      *zap.Logger
}

// Open opens the journal and the mirror, starts the embedded gateways and takes the listen address. It speaks to no real
// gateway yet. What it opened before an error is closed again.
func Open(ctx context.Context, s settings.Settings, options Options) (_ *Daemon, err error) {
	d := &Daemon{settings: s, log: options.Log}
	if d.log == nil {
		d.log = zap.NewNop()
	}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	if d.Journal, err = openJournal(s.Journal.Path, d.log); err != nil {
		return nil, err
	}
	if d.Source, err = OpenSource(ctx, s, d.log); err != nil {
		return nil, err
	}
	if d.Groups, err = OpenGroups(s, &options.Lag, d.log); err != nil {
		return nil, err
	}
	if d.listener, err = net.Listen("tcp", s.Listen); err != nil {
		return nil, fmt.Errorf("listen for the read API: %w", err)
	}
	d.Reconciler, err = reconciler.New(reconciler.Config{
		Source: d.Source, History: d.Source, Root: s.Repository.Root, Groups: d.Groups.List(), Journal: d.Journal,
		Trust: Trust(s, d.Source), Keys: Keys(s.SOPS), Values: s.Values(), DriftInterval: s.Drift.Interval, Observe: options.Observe, Log: d.log.Named("reconciler"),
	})
	return d, err
}

func openJournal(path string, log *zap.Logger) (*record.Journal, error) {
	journal, err := record.Open(path, log.Named("record"))
	if _, locked := errors.AsType[*record.LockedError](err); locked {
		err = fmt.Errorf("%w\n\thint: a daemon runs here already: let it do the work, or stop it first", err)
	}
	return journal, err
}

// OpenSource opens the mirror of the followed branch.
func OpenSource(ctx context.Context, s settings.Settings, log *zap.Logger) (*source.Repository, error) {
	repository := s.Repository
	return source.Open(ctx, source.Config{
		URL: repository.URL, Branch: repository.Branch, Dir: repository.Mirror, Timeout: repository.Timeout,
		Auth: source.Auth(repository.Auth), Log: log,
	})
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

// Run reconciles until ctx ends, and serves the read API meanwhile. Each signal that comes in on again starts a pass that also
// tries what failed or is held. It returns nil after ctx has ended.
func (d *Daemon) Run(ctx context.Context, again <-chan os.Signal) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	server := web.Server(web.Handler(d.Reconciler, d.Journal))
	served := make(chan error, 1)
	go func() { served <- server.Serve(d.listener) }()
	nudges := d.Source.Watch(ctx, d.settings.Repository.Poll, d.retries(ctx, again))
	watched := make(chan struct{})
	go func() { defer close(watched); d.Groups.Watch(ctx) }()
	defer func() { stop(); <-watched }()
	reconciled := make(chan error, 1)
	go func() { reconciled <- d.Reconciler.Run(ctx, nudges) }()
	var err error
	select {
	case err = <-served:
		err = fmt.Errorf("serve the read API: %w", err)
		stop()
		err = errors.Join(err, <-reconciled)
	case err = <-reconciled:
		err = errors.Join(err, shutdown(server))
	}
	return err
}

// retries passes signals and changes of secrets on as nudges, after asking the reconciler to try again.
func (d *Daemon) retries(ctx context.Context, again <-chan os.Signal) <-chan os.Signal {
	passed := make(chan os.Signal, 1)
	go func() {
		changed := watchSecrets(ctx, d.settings, d.log)
		for {
			var signal os.Signal = syscall.SIGUSR1 // which asks for the same
			select {
			case signal = <-again:
			case <-changed:
				d.log.Info("secrets have changed, looking again")
			case <-ctx.Done():
				return
			}
			d.Reconciler.Retry()
			select {
			case passed <- signal:
			default: // one waits already, and says the same
			}
		}
	}()
	return passed
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
	if d.Groups != nil {
		errs = append(errs, d.Groups.Close())
	}
	if d.Source != nil {
		errs = append(errs, d.Source.Close())
	}
	if d.Journal != nil {
		errs = append(errs, d.Journal.Close())
	}
	return errors.Join(errs...)
}
