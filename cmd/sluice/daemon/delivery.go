package daemon

import (
	"context"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/settings"
)

// gitHubSpacing is the time between two writes that GitHub asks for
// (https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api).
const gitHubSpacing = time.Second

// delivery returns what posts the commit statuses of a wiring; nil where no forge is named.
func (d *Daemon) delivery(s settings.Settings) (*forge.Delivery, error) {
	hosted, err := OpenForge(s, d.outward())
	if hosted == nil || err != nil {
		return nil, err
	}
	made := &forge.Delivery{Outbox: d.Journal, Forge: watchedStatuses{Statuses: hosted, told: &d.telemetry}, Log: d.log.Named("forge")}
	if s.Forge.Type == forge.GitHub {
		made.Spacing = gitHubSpacing
	}
	made.Moved, _ = hosted.(forge.Movable)
	if shows, ok := hosted.(forge.Deployments); ok && s.Forge.Deployments {
		made.Deployments = shows
	}
	if s.PublicURL != "" {
		made.Link = pageLink(s.PublicURL)
	}
	return made, nil
}

// pageLink returns what tells the address at which everything about a commit in an environment can be read.
func pageLink(public string) func(e record.Entry) string {
	return func(e record.Entry) string {
		return strings.TrimSuffix(public, "/") + "/environments/" + url.PathEscape(e.Environment) + "/commits/" + url.PathEscape(e.Commit)
	}
}

// deliver posts commit statuses until ctx ends; the channel is closed then.
func (d *Daemon) deliver(ctx context.Context, w *wiring) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if w.delivery != nil {
			w.delivery.Run(ctx, w.wake)
		}
	}()
	return ended
}

// observer passes steps on, and wakes the delivery: each may have put a status into the outbox.
func (d *Daemon) observer(wake chan<- struct{}) func(reconciler.Event) {
	return func(e reconciler.Event) {
		if d.options.Observe != nil {
			d.options.Observe(e)
		}
		select {
		case wake <- struct{}{}:
		default: // it is awake already
		}
	}
}

// tellForge says at the start where statuses go.
func (d *Daemon) tellForge(s settings.Settings) {
	if s.Forge.Type != "" {
		d.log.Info("commit statuses are posted", zap.String("forge", s.Forge.Type), zap.String("url", s.Forge.URL),
			zap.String("repository", s.Forge.Repository))
	}
}
