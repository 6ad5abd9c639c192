package render

import (
	"maps"
	"regexp"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// FragmentSchema returns the JSON Schema (draft-07) of fragments, for editors. A field may have what any of the sets allows; plugins are
// described where a set knows some. It asks for less than Render does: a fragment may say only a part of a resource, and any value
// may hold a variable. So what it refuses, Render refuses as well.
func FragmentSchema(sets ...*schema.Set) map[string]any {
	properties := map[string]any{"vars": map[string]any{
		"description": "variables, for ${vars.name}", "type": "object",
	}}
	for _, kind := range gateway.Kinds() {
		if kind != gateway.Credentials {
			properties[string(kind)] = section(kind, sets)
		}
	}
	properties["sops"] = map[string]any{"description": "what SOPS wrote when it encrypted the file", "type": "object"}
	return map[string]any{
		"title": "A fragment of Sluice: gateway resources. A value may hold ${vars.name}, ${environment}, ${group}, ${env(NAME)}, ${secret(name)}; " +
			"!reset removes what is inherited, !override replaces a map whole, !append adds to a list",
		"type": []any{"object", "null"}, "properties": properties, "additionalProperties": false,
		"definitions": map[string]any{"plugins": orLater(pluginsSchema(sets)), "later": map[string]any{
			"description": "a text with a variable, or !reset",
			"anyOf":       []any{map[string]any{"type": "string", "pattern": `\$\{`}, map[string]any{"type": "null"}},
		}},
	}
}

// section is a kind at the top of a fragment: a map from id to body, or a list of bodies.
func section(kind gateway.Kind, sets []*schema.Set) map[string]any {
	one := bodySchema(kind, sets)
	if kind == gateway.Consumers {
		inside := bodySchema(gateway.Credentials, sets)
		one["properties"].(map[string]any)["credentials"] = map[string]any{"anyOf": []any{
			map[string]any{"type": "object", "additionalProperties": orLater(inside)},
			map[string]any{"type": "array", "items": orLater(inside)}, later(),
		}}
	}
	byID := map[string]any{"type": "object", "additionalProperties": orLater(one)}
	if kind == gateway.Secrets {
		byID = map[string]any{"type": "object"} // by manager and id, in one word or two
	}
	return map[string]any{
		"description": "by id, or a list of bodies with " + idField(kind),
		"anyOf":       []any{byID, map[string]any{"type": "array", "items": one}},
	}
}

// bodySchema is a resource with every field that a set knows.
func bodySchema(kind gateway.Kind, sets []*schema.Set) map[string]any {
	properties := map[string]any{}
	for _, set := range sets {
		fields, _ := set.Kinds[kind]["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			properties[name] = eitherOf(properties[name], loosened(fields[name]))
		}
	}
	for name, of := range properties {
		properties[name] = described(kind, name, of)
	}
	if _, ok := properties["plugins"]; ok {
		properties["plugins"] = map[string]any{"$ref": "#/definitions/plugins"}
	}
	body := map[string]any{"type": "object", "properties": properties, "patternProperties": map[string]any{`\$\{`: true}, "additionalProperties": false}
	if kind == gateway.Secrets || kind == gateway.PluginMetadata {
		delete(body, "additionalProperties") // what else stands there depends on the manager, on the plugin
	}
	return body
}

// pluginsSchema describes the plugins that the sets know, and leaves room for others.
func pluginsSchema(sets []*schema.Set) map[string]any {
	properties := map[string]any{}
	for _, set := range sets {
		for _, plugins := range []map[string]schema.Plugin{set.Plugins, set.Stream} {
			for _, name := range slices.Sorted(maps.Keys(plugins)) {
				properties[name] = eitherOf(properties[name], loosened(plugins[name].Schema))
				if plugins[name].Consumer != nil {
					properties[name] = eitherOf(properties[name], loosened(plugins[name].Consumer))
				}
			}
		}
	}
	for _, plugin := range properties {
		open(plugin)
	}
	return map[string]any{"type": "object", "properties": properties}
}

// open lets a plugin have keys that it does not name: _meta stands beside its own.
func open(plugin any) {
	described, _ := plugin.(map[string]any)
	delete(described, "additionalProperties")
	choices, _ := described["anyOf"].([]any)
	for _, choice := range choices {
		open(choice)
	}
}

// eitherOf joins what two sets say of one field.
func eitherOf(known, more any) any {
	if known == nil || gateway.Equal(known, more) {
		return more
	}
	choices := []any{known}
	if before, ok := known.(map[string]any)["anyOf"].([]any); ok {
		choices = before
	}
	if slices.ContainsFunc(choices, func(choice any) bool { return gateway.Equal(choice, more) }) {
		return known
	}
	return map[string]any{"anyOf": append(slices.Clone(choices), more)}
}

func later() map[string]any { return map[string]any{"$ref": "#/definitions/later"} }

func orLater(described map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{described, later()}}
}

// plainWords are the keywords that mean the same for a part of a resource as for the whole.
var plainWords = []string{"type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "default", "description"}

// loosened is the schema of a gateway without what only a whole resource can keep: required fields, conditions between fields, sizes of
// lists and maps.
func loosened(described any) map[string]any {
	text, _ := described.(map[string]any)
	out := map[string]any{}
	for _, word := range plainWords {
		if value, ok := text[word]; ok {
			out[word] = value
		}
	}
	if pattern, ok := text["pattern"].(string); ok {
		if _, err := regexp.Compile(pattern); err == nil {
			out["pattern"] = pattern
		}
	}
	loosenParts(text, out)
	for _, word := range []string{"anyOf", "oneOf"} {
		if choices, ok := text[word].([]any); ok && typed(choices) {
			out["anyOf"] = loosenedAll(choices)
		}
	}
	if len(out) == 0 {
		return out
	}
	return orLater(out)
}

// loosenParts goes into maps and lists.
func loosenParts(text, out map[string]any) {
	if fields, ok := text["properties"].(map[string]any); ok {
		out["properties"] = loosenedFields(fields)
	}
	if items, ok := text["items"].(map[string]any); ok {
		out["items"] = loosened(items)
	}
	patterns := map[string]any{}
	if fields, ok := text["patternProperties"].(map[string]any); ok {
		patterns = loosenedFields(fields)
	}
	switch others := text["additionalProperties"].(type) {
	case bool:
		if out["additionalProperties"] = others; !others {
			patterns[`\$\{`] = true
		}
	case map[string]any:
		out["additionalProperties"] = loosened(others)
	}
	if len(patterns) > 0 {
		out["patternProperties"] = patterns
	}
}

func loosenedFields(fields map[string]any) map[string]any {
	out := map[string]any{}
	for name, field := range fields {
		out[name] = loosened(field)
	}
	return out
}

func loosenedAll(choices []any) []any {
	out := make([]any, len(choices))
	for i, choice := range choices {
		out[i] = loosened(choice)
	}
	return out
}

// typed reports whether each choice says what a value is, not only which fields stand together.
func typed(choices []any) bool {
	return !slices.ContainsFunc(choices, func(choice any) bool {
		text, _ := choice.(map[string]any)
		return text["type"] == nil && text["enum"] == nil
	})
}
