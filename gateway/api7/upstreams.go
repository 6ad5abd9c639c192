package api7

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// upstreams lists the upstreams of a service by id, without the one that is its own.
func (l *link) upstreams(ctx context.Context, service string) (map[string]map[string]any, error) {
	s, err := l.scope(ctx)
	if err != nil {
		return nil, err
	}
	own := s.there(service)
	items, err := l.list(ctx, gateway.Upstreams, l.admin("services", own, "upstreams"), nil)
	if err != nil {
		return nil, err
	}
	found := map[string]map[string]any{}
	for _, item := range items {
		id := text(item["id"])
		if id == "" {
			return nil, unreadable(gateway.Key{Kind: gateway.Services, ID: service}, fmt.Errorf("one of its upstreams has no id"))
		}
		if id != own {
			found[id] = item
		}
	}
	l.leftover.saw(service, len(found) > 0)
	return found, nil
}

// putService writes a service and its extra upstreams. What the service may use is there before it, and what nothing uses any
// more goes after it.
func (g *Gateway) putService(ctx context.Context, r gateway.Resource) error {
	wanted, _ := r.Spec["upstreams"].(map[string]any)
	if len(wanted) == 0 && !g.leftover.known(r.Key.ID) {
		return g.putOne(ctx, r)
	}
	item, found, err := g.one(ctx, r.Key)
	if err != nil {
		return err
	}
	have := map[string]map[string]any{}
	if found {
		if have, err = g.upstreams(ctx, r.Key.ID); err != nil {
			return err
		}
	} else if err := g.putOne(ctx, r); err != nil {
		return err
	}
	if err := g.putUpstreams(ctx, r.Key, wanted, have); err != nil {
		return err
	}
	if found && (len(gateway.Hidden(r)) > 0 || !g.same(r, item)) {
		if err := g.putOne(ctx, r); err != nil {
			return err
		}
	}
	return g.dropUpstreams(ctx, r.Key.ID, wanted, have)
}

// putUpstreams writes the extra upstreams of a service that are not as wanted.
func (g *Gateway) putUpstreams(ctx context.Context, service gateway.Key, wanted map[string]any, have map[string]map[string]any) error {
	for _, id := range slices.Sorted(maps.Keys(wanted)) {
		spec, _ := wanted[id].(map[string]any)
		if item, there := have[id]; there && g.sameUpstream(id, spec, item) {
			continue
		}
		if err := plainSegment(id); err != nil {
			return failure(admin.Call{Op: "put", Key: service}, err).Error
		}
		fields := outwardUpstream(spec)
		fields["id"] = id
		orElse(fields, "name", id)
		c := admin.Call{Op: "put", Key: service, Take: readWritten}
		if err := g.send(ctx, c, g.admin("services", service.ID, "upstreams", id), fields, nil); err != nil {
			return err
		}
	}
	g.leftover.saw(service.ID, len(wanted) > 0)
	return nil
}

func (g *Gateway) sameUpstream(id string, spec, item map[string]any) bool {
	key := gateway.Key{Kind: gateway.Upstreams, ID: id}
	desired := gateway.Resource{Key: key, Spec: spec}
	canonical, err := gateway.Canonical(gateway.WithoutNulls(inwardUpstream(item)))
	if err != nil || len(gateway.Hidden(desired)) > 0 {
		return false
	}
	live := gateway.Resource{Key: key, Spec: canonical.(map[string]any)}
	aligned := gateway.Align(gateway.State{key: desired}, gateway.State{key: live}, g.defaults.known())
	return gateway.Equal(aligned[key].Spec, spec)
}

func (g *Gateway) dropUpstreams(ctx context.Context, service string, wanted map[string]any, have map[string]map[string]any) error {
	gone := map[string]bool{}
	for id := range have {
		if _, kept := wanted[id]; !kept {
			gone[id] = true
		}
	}
	g.leftover.saw(service, len(wanted)+len(gone) > 0)
	g.leftover.keep(service, gone)
	return g.sweep(ctx, service, gone)
}

// sweepAll deletes the upstreams that must go and that nothing names any more.
func (g *Gateway) sweepAll(ctx context.Context) error {
	for service, ids := range g.leftover.all() {
		if err := g.sweep(ctx, service, ids); err != nil {
			return err
		}
	}
	return nil
}

// deleteLastUser deletes a route that may be the last to name an upstream that must go, and then the upstream: after a last step of
// deletes comes no barrier.
func (g *Gateway) deleteLastUser(ctx context.Context, route gateway.Key) error {
	item, _, err := g.one(ctx, route)
	if err != nil {
		return err
	}
	if err := g.deletePlain(ctx, route); err != nil {
		return err
	}
	service, named := text(item["service_id"]), map[string]bool{}
	collectUpstreams(item["plugins"], named)
	for id := range g.leftover.all()[service] {
		if named[id] {
			if err := g.pause(ctx); err != nil {
				return err
			}
			return g.sweep(ctx, service, g.leftover.all()[service])
		}
	}
	return nil
}

// sweep does so for one service. What its routes still name waits on.
func (g *Gateway) sweep(ctx context.Context, service string, ids map[string]bool) error {
	if len(ids) == 0 {
		return nil
	}
	used, err := g.usedUpstreams(ctx, service)
	if err != nil {
		return err
	}
	left := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if used[id] {
			left[id] = true
			continue
		}
		key := gateway.Key{Kind: gateway.Services, ID: service}
		if err := g.remove(ctx, key, g.admin("services", service, "upstreams", id)); err != nil {
			return err
		}
	}
	g.leftover.keep(service, left)
	return nil
}

// usedUpstreams names the upstreams that the routes of a service name in their plugins.
func (g *Gateway) usedUpstreams(ctx context.Context, service string) (map[string]bool, error) {
	used := map[string]bool{}
	_, items, err := g.routesIn(ctx, serviceKey(service))
	for _, item := range items {
		collectUpstreams(item["plugins"], used)
	}
	return used, err
}

// routesIn lists the routes of a service, of the one kind that it has; none when it isn't there.
func (g *Gateway) routesIn(ctx context.Context, service gateway.Key) (gateway.Kind, []map[string]any, error) {
	item, found, err := g.one(ctx, service)
	if err != nil || !found {
		return "", nil, err
	}
	kind := routesOf(item)
	items, err := g.routeItems(ctx, kind, service.ID)
	return kind, items, err
}

func collectUpstreams(v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for field, value := range v {
			if id := text(value); field == "upstream_id" && id != "" {
				into[id] = true
			}
			collectUpstreams(value, into)
		}
	case []any:
		for _, item := range v {
			collectUpstreams(item, into)
		}
	}
}

// keepForeign refuses to delete a service that has routes of others: they would go with it.
func (g *Gateway) keepForeign(ctx context.Context, service gateway.Key) error {
	kind, items, err := g.routesIn(ctx, service)
	if err != nil {
		return err
	}
	var foreign []string
	for _, item := range items {
		r, err := listed(kind, "", item)
		if err != nil {
			return unreadable(gateway.Key{Kind: kind}, err)
		}
		if !r.Labelled() {
			foreign = append(foreign, r.Key.String())
		}
	}
	if len(foreign) == 0 {
		return nil
	}
	c := admin.Call{Op: "delete", Key: service}
	return c.Fail(gateway.Refused, 0, "routes that Sluice does not own are in it and would go with it: "+strings.Join(foreign, ", "), nil).Error
}
