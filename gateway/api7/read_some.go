package api7

import (
	"context"
	"io"
	"maps"
	"net/http"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Read reads only these keys; what isn't there is not in the state. Errors are *gateway.Error.
func (g *Gateway) Read(ctx context.Context, keys []gateway.Key) (gateway.State, error) {
	began := g.marks.now()
	live, err := g.read(ctx, keys)
	if err == nil {
		g.marks.readSome(began, keys, live)
	}
	return live, err
}

func (g *Gateway) read(ctx context.Context, keys []gateway.Key) (gateway.State, error) {
	live := collected{state: gateway.State{}}
	wanted, metadata := map[gateway.Key]bool{}, false
	var missing atomic.Bool
	tasks, limited := errgroup.WithContext(ctx)
	tasks.SetLimit(g.cfg.Parallel)
	for _, key := range keys {
		if wanted[key] {
			continue
		}
		wanted[key] = true
		if key.Kind == gateway.PluginMetadata {
			metadata = true
			continue
		}
		tasks.Go(func() error { return g.oneInto(limited, key, &live, &missing) })
	}
	if metadata {
		tasks.Go(func() error { return g.metadataInto(limited, wanted, &live) })
	}
	if err := tasks.Wait(); err != nil {
		return nil, err
	}
	if missing.Load() {
		if err := g.reachable(ctx); err != nil {
			return nil, err
		}
	}
	return live.state, nil
}

func (g *Gateway) oneInto(ctx context.Context, key gateway.Key, live *collected, missing *atomic.Bool) error {
	if directories[key.Kind] == "" { // a kind that the API doesn't have has no resources
		return nil
	}
	if key.Kind == gateway.Routes && isBridge(key.ID) {
		return g.oneBridgeInto(ctx, key, live, missing)
	}
	item, found, err := g.one(ctx, key)
	if err != nil {
		return err
	}
	if !found {
		missing.Store(true)
		return nil
	}
	r, err := inward(key, item)
	if err != nil {
		return unreadable(key, err)
	}
	if key.Kind == gateway.Services {
		return g.withUpstreams(ctx, r, live)
	}
	live.add(r)
	return nil
}

// one reads one resource, until it is answered.
func (g *Gateway) one(ctx context.Context, key gateway.Key) (item map[string]any, found bool, err error) {
	err = g.client.Retry(ctx, admin.Call{Op: "read", Key: key}, func() (f *admin.Failure) {
		item, found, f = g.oneOnce(ctx, key)
		return f
	})
	return item, found, err
}

// oneOnce asks once for one resource.
func (g *Gateway) oneOnce(ctx context.Context, key gateway.Key) (item map[string]any, found bool, f *admin.Failure) {
	c := admin.Call{Op: "read", Key: key, Method: http.MethodGet}
	s, err := g.scope(ctx)
	if err != nil {
		return nil, false, failure(c, err)
	}
	address, err := g.address(s.key(key))
	if err == nil {
		c.URL, err = g.scoped(ctx, address)
	}
	if err != nil {
		return nil, false, failure(c, err)
	}
	c.Take = func(header http.Header, body io.Reader) (err error) {
		item, err = readValue(header, body)
		s.inbound(key.Kind, item)
		return err
	}
	f = g.once(ctx, c)
	if isAbsent(f) {
		return nil, false, nil
	}
	return item, f == nil, f
}

// withUpstreams adds a service together with the upstreams that it has beyond its own.
func (g *Gateway) withUpstreams(ctx context.Context, service gateway.Resource, live *collected) error {
	items, err := g.upstreams(ctx, service.Key.ID)
	if err != nil {
		return err
	}
	upstreams := map[string]any{}
	for id, item := range items {
		canonical, err := gateway.Canonical(gateway.WithoutNulls(inwardUpstream(item)))
		if err != nil {
			return unreadable(service.Key, err)
		}
		upstreams[id] = sealUpstream(canonical.(map[string]any))
	}
	if len(upstreams) > 0 {
		service.Spec = maps.Clone(service.Spec)
		service.Spec["upstreams"] = upstreams
	}
	live.add(service)
	return nil
}

// sealUpstream keeps the private key of an upstream from being printed.
func sealUpstream(upstream map[string]any) map[string]any {
	return gateway.Seal(gateway.Key{Kind: gateway.Upstreams}, upstream)
}
