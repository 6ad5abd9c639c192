package api7

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Live reads everything, whoever owns it: all kinds, the routes and upstreams of every service, the credentials of every consumer.
// It returns the whole state or an error, never part of one. Errors are *gateway.Error.
func (g *Gateway) Live(ctx context.Context) (gateway.State, error) {
	live, began := collected{state: gateway.State{}, bridges: map[string]map[string]any{}}, g.marks.now()
	if _, err := g.group(ctx); err != nil {
		return nil, err
	}
	if err := g.topLevel(ctx, &live); err != nil {
		return nil, err
	}
	if err := g.nested(ctx, &live); err != nil {
		return nil, err
	}
	g.marks.readAll(began, live.state)
	return live.state, nil
}

// collected is a state that several goroutines fill.
type collected struct {
	mu      sync.Mutex
	state   gateway.State
	bridges map[string]map[string]any // the services that are bridges, by id
}

func (c *collected) add(r gateway.Resource) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state[r.Key] = r
}

func (g *Gateway) topLevel(ctx context.Context, live *collected) error {
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(g.cfg.Parallel)
	for _, kind := range []gateway.Kind{gateway.Consumers, gateway.SSLs, gateway.GlobalRules} {
		tasks.Go(func() error { return g.listInto(ctx, kind, g.admin(directories[kind]), "", live) })
	}
	for _, kind := range []gateway.Kind{gateway.Secrets, gateway.Protos} {
		tasks.Go(func() error { return g.newerKindInto(ctx, kind, live) })
	}
	tasks.Go(func() error { return g.servicesInto(ctx, live) })
	tasks.Go(func() error { return g.metadataInto(ctx, nil, live) })
	return tasks.Wait()
}

// newerKindInto reads a kind that not every version has. That there is no such list says nothing else here, provided that the API
// itself says so: the list of services, read beside it, fails when it is the gateway group that isn't there.
func (g *Gateway) newerKindInto(ctx context.Context, kind gateway.Kind, live *collected) error {
	err := g.listInto(ctx, kind, g.admin(directories[kind]), "", live)
	own := asError(err)
	if own != nil && own.Status == http.StatusNotFound && !errors.Is(own, admin.ErrNotAdminAPI) && !g.newer.seen(kind) {
		return nil
	}
	if err == nil {
		g.newer.see(kind)
	}
	return err
}

func (g *Gateway) servicesInto(ctx context.Context, live *collected) error {
	items, err := g.list(ctx, gateway.Services, g.admin("services"), nil)
	if err != nil {
		return err
	}
	for _, item := range items {
		id, err := idOf(gateway.Services, item)
		if err != nil {
			return unreadable(gateway.Key{Kind: gateway.Services}, err)
		}
		if isBridge(id) {
			live.bridges[id] = item
			continue
		}
		r, err := inward(gateway.Key{Kind: gateway.Services, ID: id}, item)
		if err != nil {
			return unreadable(r.Key, err)
		}
		live.add(r)
	}
	return nil
}

// nested reads what hangs below the services and consumers that were listed.
func (g *Gateway) nested(ctx context.Context, live *collected) error {
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(g.cfg.Parallel)
	for id, service := range live.bridges {
		tasks.Go(func() error { return g.bridgeInto(ctx, id, service, live) })
	}
	for key, r := range maps.Clone(live.state) { // tasks add to it meanwhile
		switch key.Kind {
		case gateway.Consumers:
			address := g.admin("consumers", key.ID, "credentials")
			tasks.Go(func() error { return g.listInto(ctx, gateway.Credentials, address, key.ID+"/", live) })
		case gateway.Services:
			tasks.Go(func() error { return g.withUpstreams(ctx, r, live) })
			tasks.Go(func() error { return g.routesInto(ctx, r, live) })
		}
	}
	return tasks.Wait()
}

func (g *Gateway) routesInto(ctx context.Context, service gateway.Resource, live *collected) error {
	kind := routesOf(service.Spec)
	items, err := g.routeItems(ctx, kind, service.Key.ID)
	if err != nil {
		return err
	}
	return addListed(kind, "", items, live)
}

// routeItems lists the routes of a service, of the one kind that it has.
func (l *link) routeItems(ctx context.Context, kind gateway.Kind, service string) ([]map[string]any, error) {
	s, err := l.scope(ctx)
	if err != nil {
		return nil, err
	}
	return l.list(ctx, kind, l.admin(directories[kind]), url.Values{"service_id": {s.there(service)}})
}

// routesOf is the kind of routes that a service has.
func routesOf(service map[string]any) gateway.Kind {
	if text(service["type"]) == "stream" {
		return gateway.StreamRoutes
	}
	return gateway.Routes
}

// listInto reads one list whole.
func (g *Gateway) listInto(ctx context.Context, kind gateway.Kind, address, prefix string, live *collected) error {
	items, err := g.list(ctx, kind, address, nil)
	if err != nil {
		return err
	}
	return addListed(kind, prefix, items, live)
}

func addListed(kind gateway.Kind, prefix string, items []map[string]any, live *collected) error {
	for _, item := range items {
		r, err := listed(kind, prefix, item)
		if err != nil {
			return unreadable(gateway.Key{Kind: kind}, err)
		}
		live.add(r)
	}
	return nil
}

func listed(kind gateway.Kind, prefix string, item map[string]any) (gateway.Resource, error) {
	id, err := idOf(kind, item)
	if err != nil {
		return gateway.Resource{}, err
	}
	if kind == gateway.Secrets && !strings.Contains(id, "/") {
		manager := text(item["secret_manager"])
		if manager == "" {
			manager = text(item["manager"])
		}
		if manager == "" {
			return gateway.Resource{}, fmt.Errorf("the secret provider %q has no manager", id)
		}
		prefix = manager + "/"
	}
	return inward(gateway.Key{Kind: kind, ID: prefix + id}, item)
}

func (l *link) list(ctx context.Context, kind gateway.Kind, address string, query url.Values) ([]map[string]any, error) {
	c := admin.Call{Op: "list", Key: gateway.Key{Kind: kind}, Method: http.MethodGet}
	var err error
	if c.URL, err = l.scoped(ctx, address); err != nil {
		return nil, err
	}
	s, err := l.scope(ctx)
	if err != nil {
		return nil, err
	}
	items, err := l.pages(ctx, c, query)
	for _, item := range items {
		s.inbound(kind, item)
	}
	if own := asError(err); own != nil && own.Status == http.StatusNotFound && own.Class == gateway.Refused {
		l.groups.set("") // it may have been made anew, with another id
		own.Class = gateway.Unreachable
		own.Reason += ": it has gone while it was read, or the gateway group has"
	}
	return items, err
}

// unreadable is the error of an answer that is none of this API's.
func unreadable(key gateway.Key, err error) error {
	c := admin.Call{Op: "read", Key: key}
	return c.Fail(gateway.Unreachable, http.StatusOK, err.Error(), err).Error
}

// metadataInto reads plugin metadata, all of it when wanted is nil. It is one map, by plugin.
func (g *Gateway) metadataInto(ctx context.Context, wanted map[gateway.Key]bool, live *collected) error {
	address, err := g.scoped(ctx, g.admin("plugin_metadata"))
	if err != nil {
		return err
	}
	c := admin.Call{Op: "list", Key: gateway.Key{Kind: gateway.PluginMetadata}, Method: http.MethodGet, URL: address}
	var value map[string]any
	c.Take = func(header http.Header, body io.Reader) (err error) {
		value, err = readValue(header, body)
		return err
	}
	if err := g.do(ctx, c); err != nil {
		return err
	}
	for plugin, item := range value {
		key := gateway.Key{Kind: gateway.PluginMetadata, ID: plugin}
		fields, ok := item.(map[string]any)
		if !ok {
			return unreadable(key, fmt.Errorf("plugin metadata of %s is no map", plugin))
		}
		if wanted != nil && !wanted[key] {
			continue
		}
		r, err := inward(key, fields)
		if err != nil {
			return unreadable(key, err)
		}
		live.add(r)
	}
	return nil
}

// readValue reads an answer that is one object in an envelope.
func readValue(header http.Header, body io.Reader) (map[string]any, error) {
	var answer struct {
		Value map[string]any `json:"value"`
	}
	if err := admin.Decode(header, body, &answer); err != nil {
		return nil, err
	}
	if answer.Value == nil {
		return nil, admin.Foreign("no value in it")
	}
	return answer.Value, nil
}
