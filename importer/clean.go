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

// added reports whether the gateway fills a value in by itself.
func (c cleaner) added(value any, at gateway.Path) bool {
	if field := at[len(at)-1].Key; field == "_vid" && at[0].Key == "plugins" {
		return true // the mark that the workflow plugin writes into its own configuration
	}
	if c.defaults == nil || at[0].Key == "plugins" && len(at) <= 2 {
		return false
	}
	return onlyDefault(c.defaults(c.key, at), value)
}

// onlyDefault reports whether value is the default. Where a schema has branches with several defaults, the value stays: it may be
// the one that says which branch is meant. A gateway that shows a field without a value as an empty text says so with an empty
// default; that is no branch.
func onlyDefault(defaults []any, value any) bool {
	same := func(d any) bool { return gateway.Equal(d, value) }
	if !slices.ContainsFunc(defaults, same) {
		return false
	}
	if slices.ContainsFunc(defaults, func(d any) bool { return d == "" }) {
		if nothing(value) {
			return true
		}
		defaults = slices.DeleteFunc(slices.Clone(defaults), nothing)
	}
	return !slices.ContainsFunc(defaults, func(d any) bool { return !same(d) })
}

func nothing(v any) bool {
	switch v := v.(type) {
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
