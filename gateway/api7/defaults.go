package api7

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// defaultCache holds the defaults of the version that was read last.
type defaultCache struct {
	fetching chan struct{} // holds one token while the table is read
	mu       sync.Mutex
	version  string
	table    *defaultTable // nil until it was read
}

func (c *defaultCache) of(version string) *defaultTable {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != version {
		return nil
	}
	return c.table
}

func (c *defaultCache) set(version string, table *defaultTable) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version, c.table = version, table
}

// known returns what was read last, nil before.
func (c *defaultCache) known() gateway.Defaults {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.table == nil {
		return nil
	}
	return c.table.at
}

// Defaults returns the values that this gateway fills in by itself, read from its own schemas once for each of its versions.
// Errors are *gateway.Error.
func (g *Gateway) Defaults(ctx context.Context) (gateway.Defaults, error) {
	version, err := g.Version(ctx)
	if err != nil {
		return nil, err
	}
	select {
	case g.defaults.fetching <- struct{}{}:
		defer func() { <-g.defaults.fetching }()
	case <-ctx.Done():
		c := admin.Call{Op: "read schema"}
		return nil, c.Stopped(ctx).Error
	}
	if table := g.defaults.of(version); table != nil {
		return table.at, nil
	}
	table, err := g.readTable(ctx)
	if err != nil {
		return nil, err
	}
	g.defaults.set(version, table)
	return table.at, nil
}

func (g *Gateway) readTable(ctx context.Context) (*defaultTable, error) {
	var core struct {
		Value map[string]map[string]any `json:"value"`
	}
	if err := g.fetch(ctx, g.base+"/api/schema/core", &core); err != nil {
		return nil, err
	}
	if core.Value == nil {
		return nil, foreignAnswer("core schema")
	}
	plugins, err := g.pluginSchemas(ctx)
	if err != nil {
		return nil, err
	}
	table, err := newDefaultTable(core.Value, plugins)
	if err != nil {
		return nil, unreadable(gateway.Key{}, err)
	}
	return table, nil
}

// pluginSchemas reads the schema of every plugin by its name. A plugin without one has no defaults that are known.
func (g *Gateway) pluginSchemas(ctx context.Context) (map[string]map[string]any, error) {
	names, err := g.pluginNames(ctx)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	schemas := make(map[string]map[string]any, len(names))
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(g.cfg.Parallel)
	for _, name := range names {
		tasks.Go(func() error {
			schema, err := g.pluginSchema(ctx, name)
			mu.Lock()
			defer mu.Unlock()
			schemas[name] = schema
			return err
		})
	}
	return schemas, tasks.Wait()
}

func (g *Gateway) pluginNames(ctx context.Context) ([]string, error) {
	var raw json.RawMessage
	address, err := g.scoped(ctx, g.admin("plugins", "list"))
	if err != nil {
		return nil, err
	}
	if err := g.fetch(ctx, address, &raw); err != nil {
		return nil, err
	}
	var names []string
	if err := json.Unmarshal(unwrapped(raw), &names); err != nil {
		return nil, unreadable(gateway.Key{}, fmt.Errorf("list of plugins: %w", err))
	}
	return names, nil
}

func (g *Gateway) pluginSchema(ctx context.Context, name string) (schema map[string]any, err error) {
	c := admin.Call{Op: "read schema of plugin " + name, Method: http.MethodGet}
	if c.URL, err = g.scoped(ctx, g.admin("plugins", name)); err != nil {
		return nil, err
	}
	c.Take = func(header http.Header, body io.Reader) error {
		var raw json.RawMessage
		if err := admin.Decode(header, body, &raw); err != nil {
			return err
		}
		return json.Unmarshal(unwrapped(raw), &schema)
	}
	return schema, g.client.Retry(ctx, c, func() *admin.Failure {
		f := g.once(ctx, c)
		if f != nil && f.Class == gateway.Refused { // not in this group, or without a schema
			return nil
		}
		return f
	})
}

// unwrapped returns what stands in an envelope, and the answer itself where there is none.
func unwrapped(raw json.RawMessage) json.RawMessage {
	var envelope struct {
		Value json.RawMessage `json:"value"`
	}
	if json.Unmarshal(raw, &envelope) == nil && envelope.Value != nil {
		return envelope.Value
	}
	return raw
}
