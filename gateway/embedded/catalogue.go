package embedded

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
)

//go:embed schemas/core.json
var coreSchemas []byte

//go:embed schemas/plugins.json
var pluginSchemas []byte

// catalogue holds what the gateway knows of kinds and plugins. It is read-only.
type catalogue struct {
	types     map[string]*schema // by the singular name: "route", "secret/vault"
	plugins   map[string]*schema // of a route, service …
	consumers map[string]*schema // of a consumer or credential
	metadata  map[string]*schema
	anything  *schema // of a plugin that is only known by name
}

var (
	newestCatalogue = sync.OnceValues(func() (*catalogue, error) { return readCatalogue(nil) })
	olderCatalogue  = sync.OnceValues(func() (*catalogue, error) {
		return readCatalogue(map[string]any{
			"name":     map[string]any{"type": "string", "minLength": 1.0, "maxLength": 100.0},
			"username": map[string]any{"type": "string", "minLength": 1.0, "maxLength": 100.0, "pattern": `^[a-zA-Z0-9_\-]+$`},
			"host":     map[string]any{"type": "string", "pattern": `^\*?[0-9a-zA-Z-._\[\]:]+$`},
			"quantity": map[string]any{"type": "integer", "exclusiveMinimum": 0.0},
		})
	})
)

func readCatalogue(overrides map[string]any) (*catalogue, error) {
	core, types, err := sections(coreSchemas)
	if err != nil {
		return nil, fmt.Errorf("read core schemas: %w", err)
	}
	maps.Copy(core.definitions, overrides)
	pluginCompiler, plugins, err := sections(pluginSchemas)
	if err != nil {
		return nil, fmt.Errorf("read plugin schemas: %w", err)
	}
	maps.Copy(pluginCompiler.definitions, overrides)
	c := &catalogue{}
	if c.types, err = compileAll(core, types["types"], nil); err != nil {
		return nil, err
	}
	meta := map[string]any{"_meta": map[string]any{"$ref": "_meta"}}
	if c.plugins, err = compileAll(pluginCompiler, plugins["plugins"], meta); err != nil {
		return nil, err
	}
	if c.consumers, err = compileAll(pluginCompiler, plugins["consumers"], nil); err != nil {
		return nil, err
	}
	if c.metadata, err = compileAll(pluginCompiler, plugins["metadata"], nil); err != nil {
		return nil, err
	}
	c.anything, err = pluginCompiler.compile(map[string]any{"type": "object", "properties": meta})
	return c, err
}

// compileAll adds the extra fields to each schema.
func compileAll(c compiler, section, extra map[string]any) (map[string]*schema, error) {
	out := map[string]*schema{}
	for name, raw := range section {
		if fields, ok := raw.(map[string]any)["properties"].(map[string]any); ok {
			maps.Copy(fields, extra)
		}
		s, err := c.compile(raw)
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", name, err)
		}
		out[name] = s
	}
	return out, nil
}

// plugin returns the schema of a plugin's configuration; false when no plugin has the name.
func (c *catalogue) plugin(name string, of gateway.Kind) (*schema, bool) {
	if s, ok := c.consumers[name]; ok && (of == gateway.Consumers || of == gateway.Credentials) {
		return s, true
	}
	if of == gateway.StreamRoutes {
		if !slices.Contains(streamPlugins, name) {
			return nil, false
		}
		return c.orAnything(c.plugins[name]), true
	}
	_, known := pluginPriorities[name]
	return c.orAnything(c.plugins[name]), known
}

func (c *catalogue) orAnything(s *schema) *schema {
	if s == nil {
		return c.anything
	}
	return s
}

// metadataOf returns the schema of a plugin's metadata; false when no plugin has the name.
func (c *catalogue) metadataOf(name string) (*schema, bool) {
	_, known := pluginPriorities[name]
	if !known && !slices.Contains(metadataOnly, name) && !slices.Contains(streamPlugins, name) {
		return nil, false
	}
	return c.orAnything(c.metadata[name]), true
}

// kindInfo is what the Admin API knows of one kind.
type kindInfo struct {
	kind     gateway.Kind
	singular string // names the schema, and with spaces the kind in texts
	post     bool
	patch    bool
}

var kindInfos = []kindInfo{
	{gateway.Routes, "route", true, true},
	{gateway.Services, "service", true, true},
	{gateway.Upstreams, "upstream", true, true},
	{gateway.Consumers, "consumer", false, false},
	{gateway.Credentials, "credential", false, false},
	{gateway.ConsumerGroups, "consumer_group", false, true},
	{gateway.PluginConfigs, "plugin_config", false, true},
	{gateway.GlobalRules, "global_rule", false, true},
	{gateway.PluginMetadata, "plugin_metadata", false, false},
	{gateway.SSLs, "ssl", true, true},
	{gateway.Protos, "proto", true, false},
	{gateway.StreamRoutes, "stream_route", true, false},
	{gateway.Secrets, "secret", false, true},
}

func kindOf(plural string) (kindInfo, bool) {
	i := slices.IndexFunc(kindInfos, func(k kindInfo) bool { return string(k.kind) == plural })
	if i < 0 {
		return kindInfo{}, false
	}
	return kindInfos[i], true
}

// spoken is the kind as texts name it: "plugin config"; plugin_metadata alone keeps its line.
func (k kindInfo) spoken() string {
	if k.kind == gateway.PluginMetadata {
		return k.singular
	}
	return strings.ReplaceAll(k.singular, "_", " ")
}

// hasTimes reports whether the gateway writes create_time and update_time into resources of the kind.
func (k kindInfo) hasTimes() bool { return k.kind != gateway.PluginMetadata }
