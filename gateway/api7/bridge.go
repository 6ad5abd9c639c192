package api7

import (
	"context"
	"maps"
	"strings"
	"sync/atomic"

	"github.com/sluice-gitops/sluice/gateway"
)

// A bridge is the temporary route of a plan that carries traffic while it moves between routes. It has hosts and an upstream of its
// own, which no route has here. So it is a service of that id with one route of that id:
//
//	routes/sluice-bridge-x {hosts, upstream, path_prefix, …rest}  =  service {hosts, upstream, path_prefix}  ▸  route {…rest}
//
// The extra upstreams of other services are out of its reach: for the moment that it lasts, all goes to its own upstream.
func isBridge(id string) bool { return strings.HasPrefix(id, gateway.BridgePrefix) }

// ofService are the fields of a bridge that its service has.
var ofService = []string{"hosts", "upstream", "path_prefix", "strip_path_prefix"}

// split takes a bridge apart.
func split(bridge gateway.Resource) (service, route gateway.Resource) {
	service = gateway.Resource{Key: serviceKey(bridge.Key.ID), Spec: map[string]any{}}
	route = gateway.Resource{Key: bridge.Key, Spec: maps.Clone(bridge.Spec)}
	for _, field := range ofService {
		if value, ok := bridge.Spec[field]; ok {
			service.Spec[field] = value
		}
		delete(route.Spec, field)
	}
	if labels, ok := bridge.Spec["labels"]; ok {
		service.Spec["labels"], route.Spec["labels"] = labels, labels
	}
	route.Spec["service_id"] = bridge.Key.ID
	withoutSplit(route.Spec)
	return service, route
}

// withoutSplit takes the names of extra upstreams out of traffic-split.
func withoutSplit(spec map[string]any) {
	plugins, _ := spec["plugins"].(map[string]any)
	conf, _ := plugins["traffic-split"].(map[string]any)
	names := map[string]bool{}
	if collectUpstreams(conf, names); len(names) == 0 {
		return
	}
	plugins = maps.Clone(plugins)
	delete(plugins, "traffic-split")
	spec["plugins"] = plugins
}

func serviceKey(id string) gateway.Key { return gateway.Key{Kind: gateway.Services, ID: id} }

// putBridge writes the service, and the route once every instance has had time to take the service: a route that comes first would
// take requests to nowhere.
func (g *Gateway) putBridge(ctx context.Context, bridge gateway.Resource) error {
	service, route := split(bridge)
	for _, part := range []gateway.Resource{service, route} {
		if err := refuse(part); err != nil {
			return err
		}
	}
	if err := g.putPlain(ctx, service); err != nil {
		return err
	}
	if err := g.pause(ctx); err != nil {
		return err
	}
	return g.putPlain(ctx, route)
}

// deleteBridge removes the route, and the service after the same time.
func (g *Gateway) deleteBridge(ctx context.Context, k gateway.Key) error {
	if err := g.deletePlain(ctx, k); err != nil {
		return err
	}
	if err := g.pause(ctx); err != nil {
		return err
	}
	return g.deletePlain(ctx, serviceKey(k.ID))
}

// joined is the bridge that a service and its route make. Without its route, after a pass that was cut off, it is a bridge too.
func joined(id string, service, route map[string]any) (gateway.Resource, error) {
	key := gateway.Key{Kind: gateway.Routes, ID: id}
	whole, err := inward(serviceKey(id), service)
	if err != nil {
		return gateway.Resource{}, err
	}
	bridge, err := inward(key, route)
	if err != nil {
		return gateway.Resource{}, err
	}
	for _, field := range append([]string{"labels", "status"}, ofService...) {
		if value, ok := whole.Spec[field]; ok {
			bridge.Spec[field] = value
		}
	}
	bridge.Spec = gateway.Seal(key, bridge.Spec)
	return bridge, nil
}

func (g *Gateway) bridgeInto(ctx context.Context, id string, service map[string]any, live *collected) error {
	items, err := g.routeItems(ctx, gateway.Routes, id)
	if err != nil {
		return err
	}
	route := map[string]any{}
	for _, item := range items {
		if found, err := idOf(gateway.Routes, item); err == nil && found == id {
			route = item
		}
	}
	bridge, err := joined(id, service, route)
	if err != nil {
		return unreadable(bridge.Key, err)
	}
	live.add(bridge)
	return nil
}

func (g *Gateway) oneBridgeInto(ctx context.Context, key gateway.Key, live *collected, missing *atomic.Bool) error {
	item, found, err := g.one(ctx, serviceKey(key.ID))
	switch {
	case err != nil:
		return err
	case found:
		return g.bridgeInto(ctx, key.ID, item, live)
	}
	missing.Store(true)
	return nil
}
