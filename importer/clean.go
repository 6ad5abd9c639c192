package importer

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// cleaner leaves out of one resource what nobody would write: what the gateway fills in, and the label that says who owned it.
type cleaner struct {
	key      gateway.Key
	defaults gateway.Defaults
}

func (c cleaner) body(spec map[string]any) map[string]any {
	out := c.fields(spec, nil)
	for _, field := range []string{"labels", "plugins"} {
		if list, ok := out[field].([]any); ok && len(list) == 0 && c.key.Kind != gateway.PluginMetadata {
			out[field] = map[string]any{} // a gateway written in Lua can't tell an empty map from an empty list
		}
	}
	if labels, ok := out["labels"].(map[string]any); ok && c.key.Kind.HasLabels() {
		labels = maps.Clone(labels)
		delete(labels, gateway.ManagedBy)
		out["labels"] = labels
		if len(labels) == 0 {
			delete(out, "labels")
		}
	}
	return out
}

func (c cleaner) value(v any, at gateway.Path) any {
	switch v := v.(type) {
	case map[string]any:
		return c.fields(v, at)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = c.value(item, at.With(gateway.Item(i)))
		}
		return out
	}
	return v
}

func (c cleaner) fields(m map[string]any, at gateway.Path) map[string]any {
	out := make(map[string]any, len(m))
	for field, value := range m {
		path := at.With(gateway.Field(field))
		if !c.added(value, path) {
			out[field] = c.value(value, path)
		}
	}
	return out
}

// added reports whether the gateway fills a value in by itself. Where a schema has branches with several defaults, the value
// stays: it may be the one that says which branch is meant.
func (c cleaner) added(value any, at gateway.Path) bool {
	if field := at[len(at)-1].Key; field == "_vid" && at[0].Key == "plugins" {
		return true // the mark that the workflow plugin writes into its own configuration
	}
	if c.defaults == nil || at[0].Key == "plugins" && len(at) <= 2 {
		return false
	}
	values := c.defaults(c.key, at)
	return len(values) == 1 && slices.ContainsFunc(values, func(d any) bool { return gateway.Equal(d, value) })
}
