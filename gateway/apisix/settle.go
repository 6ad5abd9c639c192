package apisix

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

const (
	settleLimit = 30 * time.Second // for an instance to take what was written
	settlePause = 50 * time.Millisecond
	// rounds is how many connections in a row must find everything taken: one worker, chosen by chance, answers each.
	rounds = 5
	// newest is how many writes and deletes of a kind are asked for. A worker takes the changes of one kind in order, so that
	// the last ones stand for all; and to answer, it copies every route that it has.
	newest = 3
)

// Settle is the barrier: it returns when every instance has taken what was changed. It is confirmed when the instances said
// so through their control API. Where some can't be asked, or a kind doesn't show there, it also waits for the settle time
// and is not confirmed. An instance that hasn't taken a change in 30 s is an error. Errors are *gateway.Error.
func (g *Gateway) Settle(ctx context.Context, changed []gateway.Key) (confirmed bool, err error) {
	visible, all := visibleOf(changed)
	confirmed = all && len(g.cfg.Instances) > 0
	for _, instance := range g.cfg.Instances {
		confirmed = confirmed && instance.ControlURL != ""
	}
	if !confirmed {
		if err := admin.Sleep(ctx, g.cfg.SettleTime); err != nil {
			c := admin.Call{Op: "settle"}
			return false, c.Stopped(ctx).Error
		}
	}
	if len(visible) == 0 || !g.canAsk() {
		return confirmed, nil
	}
	wanted, err := g.expect(ctx, visible)
	if err != nil {
		return false, err
	}
	return confirmed, g.askAll(ctx, wanted)
}

func (g *Gateway) canAsk() bool {
	return slices.ContainsFunc(g.cfg.Instances, func(i Instance) bool { return i.ControlURL != "" })
}

// controlPaths are the kinds that the control API shows, and under what name.
var controlPaths = map[gateway.Kind]string{gateway.Routes: "route", gateway.Services: "service", gateway.Upstreams: "upstream"}

// visibleOf returns the changed keys that the control API shows, by kind, and whether those are all.
func visibleOf(changed []gateway.Key) (visible map[gateway.Kind][]gateway.Key, all bool) {
	visible, all = map[gateway.Kind][]gateway.Key{}, true
	for _, key := range changed {
		if controlPaths[key.Kind] == "" {
			all = false
			continue
		}
		visible[key.Kind] = append(visible[key.Kind], key)
	}
	return visible, all
}

// expectation is what an instance must show.
type expectation struct {
	key   gateway.Key
	index int64 // of the newest write; 0 for a resource that must be gone
}

// expect reads from the Admin API what the instances should have.
func (g *Gateway) expect(ctx context.Context, visible map[gateway.Kind][]gateway.Key) ([]expectation, error) {
	var wanted []expectation
	for _, kind := range gateway.Kinds() {
		if len(visible[kind]) == 0 {
			continue
		}
		indexes, err := g.indexes(ctx, kind, visible[kind])
		if err != nil {
			return nil, err
		}
		var written, deleted []expectation
		for _, key := range visible[kind] {
			if index, there := indexes[key]; there {
				written = append(written, expectation{key, index})
			} else {
				deleted = append(deleted, expectation{key: key})
			}
		}
		slices.SortFunc(written, func(a, b expectation) int { return cmp.Compare(b.index, a.index) })
		wanted = append(wanted, written[:min(newest, len(written))]...)
		wanted = append(wanted, deleted[max(0, len(deleted)-newest):]...)
	}
	return wanted, nil
}

// indexes returns the modification index of each key that exists.
func (g *Gateway) indexes(ctx context.Context, kind gateway.Kind, keys []gateway.Key) (map[gateway.Key]int64, error) {
	const fewer = 64 // so many single reads cost about as much as a list of some thousands
	if len(keys) > fewer {
		return g.listIndexes(ctx, kind)
	}
	found := make(map[gateway.Key]int64, len(keys))
	for _, key := range keys {
		c := admin.Call{Op: "read", Key: key}
		err := g.client.Retry(ctx, c, func() *admin.Failure {
			e, there, f := g.entry(ctx, key)
			if there {
				found[key] = e.ModifiedIndex
			}
			return f
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// askAll asks every instance with a control API, side by side.
func (g *Gateway) askAll(ctx context.Context, wanted []expectation) error {
	limited, cancel := context.WithTimeoutCause(ctx, settleLimit, errTooLate)
	defer cancel()
	var tasks errgroup.Group
	for _, instance := range g.cfg.Instances {
		if instance.ControlURL != "" {
			tasks.Go(func() error { return g.ask(limited, instance.ControlURL, wanted) })
		}
	}
	return tasks.Wait()
}

// ask goes on until so many rounds in a row found everything taken, or ctx ends.
func (g *Gateway) ask(ctx context.Context, control string, wanted []expectation) error {
	var last error
	for good := 0; good < rounds; {
		key, err := g.round(ctx, control, wanted)
		if err == nil {
			good++
			continue
		}
		if ctx.Err() == nil {
			good, last = 0, err
		}
		if admin.Sleep(ctx, settlePause) != nil {
			if last == nil {
				last = context.Cause(ctx)
			}
			c := admin.Call{Op: "settle", Key: key}
			return c.Fail(gateway.Unreachable, 0, fmt.Sprintf("instance %s: %v (%v)", control, last, context.Cause(ctx)), ctx.Err()).Error
		}
	}
	return nil
}

// round asks one worker for everything, over one new connection. It returns the first key that isn't as it should be.
func (g *Gateway) round(ctx context.Context, control string, wanted []expectation) (gateway.Key, error) {
	client := &http.Client{Transport: g.cfg.Transport, CheckRedirect: admin.StayHere}
	if own, ok := g.cfg.Transport.(*http.Transport); ok {
		fresh := own.Clone()
		defer fresh.CloseIdleConnections()
		client.Transport = fresh
	}
	for _, w := range wanted {
		if err := g.taken(ctx, client, control, w); err != nil {
			return w.key, err
		}
	}
	return gateway.Key{}, nil
}
