package api7

import (
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// defaultTable holds the defaults of one version of the gateway. It is read-only once made.
type defaultTable struct {
	kinds    map[gateway.Kind]*schema.Presets
	upstream *schema.Presets
	plugins  map[string]*schema.Presets
}

// schemaNames are the names under which the core schema has each kind; a service of stream routes has one of its own.
var schemaNames = map[string]gateway.Kind{
	"service": gateway.Services, "stream_service": gateway.Services, "route": gateway.Routes, "stream_route": gateway.StreamRoutes,
	"consumer": gateway.Consumers, "credential": gateway.Credentials, "ssl": gateway.SSLs, "global_rule": gateway.GlobalRules,
	"proto": gateway.Protos, "secret_provider": gateway.Secrets,
}

func newDefaultTable(core map[string]map[string]any, plugins map[string]map[string]any) (*defaultTable, error) {
	table := &defaultTable{kinds: map[gateway.Kind]*schema.Presets{}, plugins: map[string]*schema.Presets{}}
	for name, kind := range schemaNames {
		read, err := schema.ReadPresets(core[name])
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", name, err)
		}
		table.kinds[kind] = schema.Over(table.kinds[kind], read)
	}
	own, err := schema.ReadPresets(core["upstream"])
	if err != nil {
		return nil, fmt.Errorf("schema of upstream: %w", err)
	}
	// Before 3.8 there is none of its own.
	table.upstream = schema.Over(own, table.kinds[gateway.Services].At(gateway.Path{gateway.Field("upstream")}))
	for name, text := range plugins {
		if table.plugins[name], err = schema.ReadPresets(text); err != nil {
			return nil, fmt.Errorf("schema of plugin %s: %w", name, err)
		}
	}
	return table, nil
}

// at is a gateway.Defaults, in the config repo's own terms.
func (t *defaultTable) at(key gateway.Key, path gateway.Path) []any {
	if len(path) == 0 {
		return nil
	}
	switch {
	case key.Kind == gateway.PluginMetadata, key.Kind == gateway.Secrets:
		return t.kinds[key.Kind].At(path).Values()
	case key.Kind == gateway.Upstreams:
		return upstreamDefaults(t.upstream, key.ID, path)
	case path[0].Key == "plugins" && len(path) > 1:
		return t.plugins[path[1].Key].At(path[2:]).Values()
	case key.Kind == gateway.Services && path[0].Key == "upstreams" && len(path) > 2:
		return upstreamDefaults(t.upstream, path[1].Key, path[2:])
	case path[0].Key == "upstream" && len(path) > 1:
		return upstreamDefaults(t.upstream, "", path[1:])
	}
	values := withWhole(t.kinds[key.Kind], path)
	if len(path) == 1 {
		values = append(values, ownDefaults(key, path[0].Key)...)
	}
	return values
}

// nothings are the ways to write a field that isn't there.
func nothings() []any { return []any{"", []any{}, map[string]any{}} }

// ownDefaults are what this package writes into a field that the config repo leaves out, and what stands for nothing.
func ownDefaults(key gateway.Key, field string) []any {
	values := nothings()
	switch field {
	case "name":
		_, id, nested := strings.Cut(key.ID, "/")
		if !nested {
			id = key.ID
		}
		values = append(values, id)
	case "type":
		if key.Kind == gateway.SSLs {
			return append(values, "server")
		}
		values = append(values, "http", "stream") // it follows from the upstream
	case "status":
		values = append(values, int64(1))
	}
	return values
}

func upstreamDefaults(t *schema.Presets, id string, path gateway.Path) []any {
	values := withWhole(t, path)
	if len(path) == 1 {
		values = append(values, nothings()...)
		if path[0].Key == "name" && id != "" {
			values = append(values, id)
		}
	}
	if last := path[len(path)-1]; last.Key == "priority" && path[0].Key == "nodes" {
		values = append(values, int64(0))
	}
	return values
}

// withWhole returns the defaults of a place. Timeouts and connection pools may come back whole where only their fields have
// defaults; a health check that comes back is one that somebody has made.
func withWhole(t *schema.Presets, path gateway.Path) []any {
	values := append([]any{}, t.At(path).Values()...)
	if len(path) == 1 && (path[0].Key == "timeout" || path[0].Key == "keepalive_pool") {
		values = append(values, t.At(path).Whole()...)
	}
	return values
}
