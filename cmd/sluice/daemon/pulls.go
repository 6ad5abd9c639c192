package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sluice-gitops/sluice/feed"
	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/preview"
	"github.com/sluice-gitops/sluice/promotion"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/sops"
)

// pulls is what looks after pull requests; the zero value looks after none.
type pulls struct {
	previewer *preview.Previewer
	promoter  *promotion.Promoter
	aftermath *aftermath
	ends      *feed.Feed // what aftermath follows
	sweeper   *sweeper
	ended     chan struct{} // wakes ends; room for one
	sweep     chan struct{} // wakes sweeper; room for one
	wake      chan struct{} // of previewer; room for one
	promote   chan struct{} // wakes promoter; room for one
}

// openPulls makes what looks after pull requests, where the daemon's file names a forge and does not say otherwise.
func (d *Daemon) openPulls(s settings.Settings, groups *Groups, verifier reconciler.Verifier) (pulls, error) {
	at, err := OpenForge(s, d.outward())
	if err != nil || at == nil || !s.PullRequests.Planned() {
		return pulls{}, err
	}
	var made pulls
	config := preview.Config{
		Repository: d.Source, Forge: at, Branch: s.Repository.Branch, Root: s.Repository.Root,
		Keys: Keys(s.SOPS), ForkKeys: sops.NewKeyring(sops.Config{Lenient: true}), ForkValues: withheld{s.Values()},
		File: preview.FileLinks(s.Forge.Type, s.Forge.URL, s.Forge.Repository),
		Open: d.listReverts,
		Closed: func(ctx context.Context, number int, branch, head string) {
			tidier{d.Source, at, &d.insight.reverts, made.aftermath.moot, d.log.Named("pulls")}.closed(ctx, number, branch, head)
		},
		Poll: s.PullRequests.Poll, Log: d.log.Named("pulls"), Tracer: d.telemetry.tracer,
		Live: func(history reconciler.History) *reconciler.Planner {
			return reconciler.NewPlanner(reconciler.Config{
				History: history, Root: s.Repository.Root, Groups: groups.List(), Keys: Keys(s.SOPS), Values: s.Values(), Verifier: verifier,
			}, d.Journal.View)
		},
	}
	if s.PublicURL != "" {
		config.Page = func(number int) string {
			return fmt.Sprintf("%s/pulls/%d", strings.TrimSuffix(s.PublicURL, "/"), number)
		}
	}
	made = pulls{previewer: preview.New(config), wake: make(chan struct{}, 1), promote: make(chan struct{}, 1)}
	made.promoter = &promotion.Promoter{
		Mirror: d.Source, Forge: at, Past: d.Journal, Branch: s.Repository.Branch, Root: s.Repository.Root, Keys: Keys(s.SOPS),
		Passed: made.previewer.Passed, Poll: s.PullRequests.Poll, Log: d.log.Named("promotion"),
	}
	made.follow(d, s, at)
	return made, nil
}

// follow makes what sees to what follows the end of a commit.
func (p *pulls) follow(d *Daemon, s settings.Settings, at forge.Forge) {
	marker, link := markerOf(s.Repository.Branch, s.Repository.Root), preview.NewPullLinks(s.Forge.Type, s.Forge.URL, s.Forge.Repository, s.Repository.Branch)
	p.aftermath = &aftermath{
		reverter: &reverter{
			mirror: d.Source, forge: at, branch: s.Repository.Branch, marker: marker, link: link, known: &d.insight.reverts, log: d.log.Named("revert"),
		},
		tell: d.outcomes(s, at), turns: d.Journal, log: d.log.Named("outcome"),
	}
	p.ends, p.ended, p.sweep = p.aftermath.feed(d.Journal), make(chan struct{}, 1), make(chan struct{}, 1)
	p.sweeper = &sweeper{
		mirror: d.Source, forge: at, past: d.Journal, environments: d.environments, marker: marker, link: link, known: &d.insight.reverts,
		moot: p.aftermath.moot, log: d.log.Named("pulls"),
	}
}

// environments names the environments of the branch as they are known.
func (d *Daemon) environments() []string {
	var names []string
	for _, env := range d.Status().Environments {
		names = append(names, env.Name)
	}
	return names
}

// run looks after pull requests until ctx ends.
func (p pulls) run(ctx context.Context) {
	if p.previewer == nil {
		return
	}
	var running sync.WaitGroup
	running.Go(func() { p.previewer.Run(ctx, p.wake) })
	running.Go(func() { p.promoter.Run(ctx, p.promote) })
	running.Go(func() { p.ends.Run(ctx, p.ended) })
	running.Go(func() { p.sweeper.run(ctx, p.sweep) })
	running.Wait()
}

// troubles returns what is not done about pull requests though it should be.
func (p pulls) troubles() []forge.Trouble {
	if p.previewer == nil {
		return nil
	}
	return slices.Concat(p.previewer.Troubles(), p.promoter.Troubles(), p.aftermath.reverter.health.Troubles("reverts"), troubleOf(p.ends))
}

// observer passes steps on, and lets each end of an environment ask what can be promoted now.
func (p pulls) observer(next func(reconciler.Event)) func(reconciler.Event) {
	return func(e reconciler.Event) {
		next(e)
		if e.Group == "" && e.State.Final() {
			wake(p.ended)
			wake(p.promote)
			if p.sweeper != nil && p.sweeper.known.anyPrepared() {
				wake(p.sweep) // it may be needed no longer
			}
		}
	}
}

// look asks for a look at the list of pull requests.
func (p pulls) look() {
	wake(p.wake)
	wake(p.promote)
}

func wake(who chan<- struct{}) {
	select {
	case who <- struct{}{}:
	default: // one waits already, or nobody looks
	}
}
