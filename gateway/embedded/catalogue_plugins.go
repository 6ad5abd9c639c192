package embedded

import (
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// pluginSchemas holds what real gateways tell of their plugins: fields, types, bounds, defaults, what is encrypted, without a
// word of prose. TestPluginFactsAreTheRecordedOnes writes it.
//
//go:embed schemas/plugins.json
var pluginSchemas []byte

// about is what is known of a plugin.
type about struct {
	priority int
	kind     string         // "auth" or empty
	raw      map[string]any // as plugins?all=true shows it
	schema   *schema        // of a route, service …
	consumer *schema        // of a consumer or credential; nil for schema
	metadata *schema        // nil for anything
}

// readPlugins reads the plugins of a version. The older ones are told by what sets them apart.
func (c *catalogue) readPlugins(older bool) error {
	shared, all, err := sections(pluginSchemas)
	if err != nil {
		return err
	}
	stream := all["newestStream"]
	if older {
		stream = all["olderStream"]
		maps.Copy(all["newest"], all["older"])
	}
	c.plugins, c.stream = map[string]*about{}, map[string]*about{}
	if err := c.addPlugins(shared, all["newest"]); err != nil {
		return err
	}
	for name, raw := range stream {
		if c.stream[name], err = readAbout(shared, raw); err != nil {
			return fmt.Errorf("stream plugin %s: %w", name, err)
		}
	}
	return nil
}

// addPlugins adds a section; null stands for a plugin that the version has not got.
func (c *catalogue) addPlugins(shared compiler, section map[string]any) error {
	for name, raw := range section {
		if raw == nil {
			continue
		}
		known, err := readAbout(shared, raw)
		if err != nil {
			return fmt.Errorf("plugin %s: %w", name, err)
		}
		c.plugins[name] = known
	}
	return nil
}

func readAbout(shared compiler, v any) (*about, error) {
	resolved, err := shared.resolve(v)
	if err != nil {
		return nil, err
	}
	raw, _ := resolved.(map[string]any)
	known := &about{priority: int(number(raw["priority"])), kind: textOr(raw["type"], ""), raw: raw}
	for field, into := range map[string]**schema{
		"schema": &known.schema, "consumer_schema": &known.consumer, "metadata_schema": &known.metadata,
	} {
		part, ok := raw[field].(map[string]any)
		if !ok {
			continue
		}
		if field == "schema" {
			withMeta(part)
		}
		if *into, err = compileResolved(part); err != nil {
			return nil, fmt.Errorf("%s: %w", field, err)
		}
	}
	return known, nil
}

// withMeta adds the field that every plugin has.
func withMeta(schema map[string]any) {
	boolean, text := map[string]any{"type": "boolean"}, map[string]any{"type": "string"}
	fields, ok := schema["properties"].(map[string]any)
	if !ok {
		fields = map[string]any{}
		schema["properties"] = fields
	}
	fields["_meta"] = map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{
		"disable": boolean, "priority": map[string]any{"type": "integer"}, "filter": map[string]any{"type": "array"},
		"error_response": map[string]any{"oneOf": []any{text, map[string]any{"type": "object"}}}, "pre_function": text,
	}}
}

// pluginNames lists the plugins, what runs first first.
func pluginNames(known map[string]*about) []string {
	return slices.SortedFunc(maps.Keys(known), func(a, b string) int {
		return cmp.Or(cmp.Compare(known[b].priority, known[a].priority), strings.Compare(a, b))
	})
}
