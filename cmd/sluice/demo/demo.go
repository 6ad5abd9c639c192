package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/settings"
)

// Options say how the demo runs.
type Options struct {
	Dir   string // where everything is put; empty: a new temporary directory
	Tour  bool   // make the commits, check what they did, and end
	Out   io.Writer
	Paint func(state record.State, text string) string // colours a state; the identity where there is no colour
	Log   *zap.Logger
	// Version and Commit are those of the program; empty: not known.
	Version, Commit string
}

// workerLag is how far the workers of the embedded gateways may be behind, each by itself: enough that a wrong order would show
// in the traffic.
const workerLag = 60 * time.Millisecond

// Run runs the demo until ctx ends, or the tour until it is through. The tour returns an error when any of its steps or any of
// its requests failed.
func Run(ctx context.Context, options Options) error {
	dir := options.Dir
	if dir == "" {
		made, err := os.MkdirTemp("", "sluice-demo-")
		if err != nil {
			return fmt.Errorf("set up the demo: %w", err)
		}
		dir = made
	}
	p, err := setUp(ctx, dir)
	if err != nil {
		return err
	}
	defer p.close()
	s, faults := settings.Load(p.config)
	if err := faults.Err(); err != nil {
		return err
	}
	narrator := newNarrator(options.Out, options.Paint)
	d, err := daemon.Open(ctx, s, daemon.Options{
		Observe: narrator.observe, Log: options.Log, Lag: workerLag, Version: options.Version, Commit: options.Commit,
	})
	if err != nil {
		return err
	}
	defer d.Close()
	p.introduce(options.Out)
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx, nil) }()
	if options.Tour {
		err = newTour(p, d, narrator).run(ctx)
		stop()
		return firstError(err, <-ended)
	}
	p.suggest(ctx, options.Out, d)
	err = <-ended
	stop()
	return err
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// introduce says where things are.
func (p *place) introduce(out io.Writer) {
	fmt.Fprintf(out, "Sluice demo in %s\n\n", p.dir)
	fmt.Fprintf(out, "  config repo    %s (branch main)\n", p.repo.dir)
	fmt.Fprintf(out, "  daemon's file  %s\n", p.config)
	fmt.Fprintf(out, "  page           http://%s/\n", p.listen)
	fmt.Fprintf(out, "  to act there   http://%s/login with the token %s\n", p.listen, p.token)
	for _, g := range p.groups {
		fmt.Fprintf(out, "  %-14s http://%s  (Host: %s; Admin API http://%s)\n", g.Name, g.Proxy, domains[g.Environment], g.Admin)
	}
}

// suggest waits until everything runs and prints the next three things to try.
func (p *place) suggest(ctx context.Context, out io.Writer, d *daemon.Daemon) {
	if err := waitUntil(ctx, firstApply, func() bool { return allApplied(d, "") }); err != nil {
		return
	}
	eu := p.group("prod-eu")
	fmt.Fprintf(out, `
Everything runs, and the page shows it: http://%[6]s/

Ask a gateway:

    curl -i -H 'Host: %[2]s' http://%[3]s/users/42

1. Change something and watch it go live on test, then uat, then prod:

    cd %[1]s
    sed -i.bak 's/X-Environment/X-Served-From/' base/plugins.yaml && rm base/plugins.yaml.bak
    git commit -am 'Name the header better'

2. Roll back:

    git revert --no-edit HEAD

3. Change the gateway by hand, and see it put back:

    curl -X PATCH -H 'X-API-KEY: %[4]s' http://%[5]s/apisix/admin/upstreams/orders -d '{"retries": 7}'

Ctrl-C ends the demo.
`, p.repo.dir, domains["prod"], eu.Proxy, adminKey, eu.Admin, p.listen)
}

// rule is a line between two parts of the output.
func rule(title string) string {
	return "\n" + title + "\n" + strings.Repeat("─", len([]rune(title)))
}
