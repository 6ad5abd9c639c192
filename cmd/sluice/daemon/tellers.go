package daemon

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/feed"
	"github.com/sluice-gitops/sluice/forge"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/notes"
	"github.com/sluice-gitops/sluice/notify"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/settings"
)

// tellers tell others how commits end: notifications, and Git notes. Nil tells nobody.
type tellers []teller

type teller struct {
	feed *feed.Feed
	wake chan struct{} // room for one
}

// openTellers makes what tells others, as the daemon's file says. It speaks to nobody yet.
func (d *Daemon) openTellers(s settings.Settings) tellers {
	var all tellers
	add := func(f *feed.Feed) { all = append(all, teller{d.telemetry.telling(f), make(chan struct{}, 1)}) }
	for _, name := range slices.Sorted(maps.Keys(s.Notifications)) {
		add(d.receiver(s, name).Feed(d.Journal))
	}
	if s.Repository.Notes {
		add(notes.Feed(d.Source, d.Journal, d.log.Named("notes")))
	}
	return all
}

func (d *Daemon) receiver(s settings.Settings, name string) *notify.Receiver {
	said := s.Notifications[name]
	config := notify.Config{
		Name: name, Type: said.Type, Address: said.URL, Environments: said.Environments, States: said.States,
		Key:        func() (gateway.Secret, error) { return said.Secret() },
		Repository: withoutLogin(s.Repository.URL), Transport: d.outward(), Log: d.log.Named("notify"),
	}
	if s.PublicURL != "" {
		config.Page = pageLink(s.PublicURL)
	}
	return notify.New(config)
}

// run tells until ctx ends.
func (all tellers) run(ctx context.Context) {
	var running sync.WaitGroup
	for _, one := range all {
		running.Go(func() { one.feed.Run(ctx, one.wake) })
	}
	running.Wait()
}

// observer passes steps on, and lets each end of a commit in an environment be told at once.
func (all tellers) observer(next func(reconciler.Event)) func(reconciler.Event) {
	return func(e reconciler.Event) {
		next(e)
		if e.Group == "" && e.State.Final() {
			for _, one := range all {
				wake(one.wake)
			}
		}
	}
}

// Troubles returns what keeps others from being told what the daemon does: nothing of it keeps a commit from being applied. It is safe to
// call from any goroutine.
func (d *Daemon) Troubles() []forge.Trouble {
	w := d.now.Load()
	if w == nil {
		return nil
	}
	var found []forge.Trouble
	if w.delivery != nil {
		found = w.delivery.Troubles()
	}
	found = append(found, w.pulls.troubles()...)
	for _, one := range w.tellers {
		found = append(found, troubleOf(one.feed)...)
	}
	return found
}

// troubleOf returns what keeps a listener from being told.
func troubleOf(f *feed.Feed) []forge.Trouble {
	since, err := f.Trouble()
	if err == nil {
		return nil
	}
	return []forge.Trouble{{What: f.Listener, Why: strings.Join(strings.Fields(err.Error()), " "), Since: since}}
}

// tellTellers says at the start who is told.
func (d *Daemon) tellTellers(s settings.Settings) {
	for _, name := range slices.Sorted(maps.Keys(s.Notifications)) {
		d.log.Info("notifications are sent", zap.String("name", name), zap.String("type", s.Notifications[name].Type))
	}
	if s.Repository.Notes {
		d.log.Info("notes are pushed", zap.String("ref", "refs/notes/sluice"))
	}
}
