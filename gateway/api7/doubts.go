package api7

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
)

// doubts are the templates of routes that were changed for a publication which then failed. They may say what is wanted no more, and
// the next publication of their service would make it live. It is safe for use by several goroutines at once.
type doubts struct {
	mu   sync.Mutex
	keys map[gateway.Key]bool
}

// changeTemplate changes the template of one route and then publishes it. When that fails the template is in doubt.
func (g *Gateway) changeTemplate(key gateway.Key, change, publish func() error) error {
	err := g.doubts.change(key, change)
	if err == nil {
		err = publish()
	}
	if err != nil {
		g.doubts.add(key)
	}
	return err
}

// change runs under the lock when the template is in doubt, so that nobody settles it meanwhile, and it is in doubt no more.
func (d *doubts) change(key gateway.Key, change func() error) error {
	d.mu.Lock()
	if !d.keys[key] {
		d.mu.Unlock()
		return change()
	}
	defer d.mu.Unlock()
	err := change()
	if err == nil {
		delete(d.keys, key)
	}
	return err
}

func (d *doubts) add(key gateway.Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.keys == nil {
		d.keys = map[gateway.Key]bool{}
	}
	d.keys[key] = true
}

// settle has every template in doubt put right.
func (d *doubts) settle(right func(gateway.Key) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range slices.SortedFunc(maps.Keys(d.keys), gateway.Key.Compare) {
		if err := right(key); err != nil {
			return err
		}
		delete(d.keys, key)
	}
	return nil
}

// asLive gives the template of a route the content that is live, and removes it where nothing is.
func (g *Gateway) asLive(ctx context.Context, key gateway.Key) error {
	item, found, err := g.one(ctx, key)
	if err != nil {
		return err
	}
	if !found {
		return g.removeTemplate(ctx, key)
	}
	live, err := inward(key, item)
	if err != nil {
		return unreadable(key, err)
	}
	return g.putTemplate(ctx, live)
}
