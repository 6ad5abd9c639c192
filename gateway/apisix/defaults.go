package apisix

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// tableAge is how long what a gateway tells of itself is good: a plugin may be enabled or disabled without a new version, and a
// version may be hidden.
const tableAge = 10 * time.Minute

// Defaults returns the values that this gateway fills in by itself, read from its own schemas. They are read anew for each version
// of the gateway, and every ten minutes. Errors are *gateway.Error.
func (g *Gateway) Defaults(ctx context.Context) (gateway.Defaults, error) {
	table, err := g.tables(ctx, time.Now().Add(-tableAge))
	if err != nil {
		return nil, err
	}
	return table.at, nil
}

// Schema returns the schemas that this gateway tells, read together with the defaults and as often. Errors are *gateway.Error.
func (g *Gateway) Schema(ctx context.Context) (*schema.Set, error) {
	table, err := g.tables(ctx, time.Now().Add(-tableAge))
	if err != nil {
		return nil, err
	}
	return table.set, nil
}

// tables reads what the gateway tells of itself, or returns what was read since then.
func (g *Gateway) tables(ctx context.Context, since time.Time) (*defaultTable, error) {
	version, err := g.Version(ctx)
	if err != nil {
		return nil, err
	}
	select {
	case g.fetching <- struct{}{}:
		defer func() { <-g.fetching }()
	case <-ctx.Done():
		c := admin.Call{Op: "read schema"}
		return nil, c.Stopped(ctx).Error
	}
	if table := g.tableOf(version, since); table != nil {
		return table, nil
	}
	began := time.Now()
	table, err := g.readTable(ctx, version)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.version, g.table, g.read = version, table, began
	return table, nil
}

func (g *Gateway) tableOf(version string, since time.Time) *defaultTable {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.version != version || g.read.Before(since) {
		return nil
	}
	return g.table
}

// knownDefaults returns what Defaults has read, nil before.
func (g *Gateway) knownDefaults() gateway.Defaults {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.table == nil {
		return nil
	}
	return g.table.at
}

// schemaTypes are the kinds whose schema the Admin API tells, and the name that it tells it under.
var schemaTypes = map[gateway.Kind]string{
	gateway.SSLs: "ssl", gateway.Protos: "proto", gateway.Upstreams: "upstream", gateway.PluginConfigs: "plugin_config",
	gateway.ConsumerGroups: "consumer_group", gateway.Consumers: "consumer", gateway.Credentials: "credential",
	gateway.Services: "service", gateway.Routes: "route", gateway.StreamRoutes: "stream_route", gateway.GlobalRules: "global_rule",
}

func (g *Gateway) readTable(ctx context.Context, version string) (*defaultTable, error) {
	told := schema.Set{Product: "apisix", Version: version, Kinds: map[gateway.Kind]map[string]any{}}
	for kind, name := range schemaTypes {
		var text map[string]any
		err := g.fetch(ctx, "/schema/"+name, &text)
		var refused *gateway.Error
		if errors.As(err, &refused) && strings.HasPrefix(refused.Reason, "not found schema") {
			continue
		}
		if err != nil {
			return nil, err
		}
		told.Kinds[kind] = text
	}
	if err := g.fetch(ctx, "/plugins?all=true", &told.Plugins); err != nil {
		return nil, err
	}
	if err := g.fetch(ctx, "/plugins?all=true&subsystem=stream", &told.Stream); err != nil {
		return nil, err
	}
	table, err := g.cfg.Tables.of(told)
	if err != nil {
		c := admin.Call{Op: "read schema"}
		return nil, c.Fail(gateway.Unreachable, http.StatusOK, err.Error(), err).Error
	}
	return table, nil
}

func tableOfTold(told schema.Set) (*defaultTable, error) {
	set, err := schema.New(told)
	if err != nil {
		return nil, err
	}
	return newDefaultTable(set)
}

// fetch reads one JSON document.
func (g *Gateway) fetch(ctx context.Context, path string, into any) error {
	return g.client.Do(ctx, admin.Call{
		Op: "read " + path, Method: http.MethodGet, URL: g.base + path,
		Take: func(header http.Header, body io.Reader) error { return admin.Decode(header, body, into) },
	})
}
