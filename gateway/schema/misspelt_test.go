package schema_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// fieldsOf lists the ways to all fields that a schema names anywhere, conditions and alternatives included.
func fieldsOf(text any, way []string, add func(way []string)) {
	node, ok := text.(map[string]any)
	if !ok {
		return
	}
	properties, _ := node["properties"].(map[string]any)
	for name, below := range properties {
		inside := append(way[:len(way):len(way)], name)
		add(inside)
		fieldsOf(below, inside, add)
	}
	for _, word := range []string{"if", "then", "else", "not"} {
		fieldsOf(node[word], way, add)
	}
	for _, word := range []string{"allOf", "anyOf", "oneOf"} {
		parts, _ := node[word].([]any)
		for _, part := range parts {
			fieldsOf(part, way, add)
		}
	}
	if dependencies, ok := node["dependencies"].(map[string]any); ok {
		for name, below := range dependencies {
			add(append(way[:len(way):len(way)], name))
			fieldsOf(below, way, add)
		}
	}
	switch items := node["items"].(type) {
	case map[string]any:
		fieldsOf(items, append(way[:len(way):len(way)], "[]"), add)
	}
}

// at returns a body in which a value stands at the end of a way, and nothing else.
func at(way []string, value any) any {
	if len(way) == 0 {
		return value
	}
	if way[0] == "[]" {
		return []any{at(way[1:], value)}
	}
	return map[string]any{way[0]: at(way[1:], value)}
}

// TestNoKnownFieldIsMisspelt puts each field of each plugin of the recorded gateways alone into a route: whatever else is wrong, none is
// called misspelt. A letter less in the name of a field is, in most plugins.
func TestNoKnownFieldIsMisspelt(t *testing.T) {
	set := recorded(t)
	fields, seen := 0, 0
	for name, plugin := range set.Plugins {
		for what, text := range map[string]any{"schema": plugin.Schema, "consumer_schema": plugin.Consumer} {
			fieldsOf(text, nil, func(way []string) {
				fields++
				for _, value := range []any{"x", int64(1), true, []any{}, map[string]any{}} {
					body := at(way, value)
					if found := misspelt(set, what, name, body); len(found) > 0 {
						t.Errorf("%s: %s: %v", name, strings.Join(way, "."), found)
					}
				}
				last := way[len(way)-1]
				if short := last[:len(last)-1]; len(short) > 3 {
					seen += len(misspelt(set, what, name, at(append(way[:len(way)-1:len(way)-1], short), "x")))
				}
			})
		}
	}
	if fields < 1000 || seen < fields/3 {
		t.Errorf("of %d fields only %d were called misspelt when a letter was missing", fields, seen)
	}
}

func misspelt(set *schema.Set, what, plugin string, body any) []schema.Fault {
	r := gateway.Resource{Key: gateway.Key{Kind: gateway.Routes, ID: "r"},
		Spec: map[string]any{"uri": "/x", "plugins": map[string]any{plugin: body}}}
	if what == "consumer_schema" {
		r = gateway.Resource{Key: gateway.Key{Kind: gateway.Credentials, ID: "c/k"}, Spec: map[string]any{"plugins": map[string]any{plugin: body}}}
	}
	return slices.DeleteFunc(set.Faults(r), func(f schema.Fault) bool { return f.Code != "misspelt-field" })
}

// TestNoKnownFieldOfAKindIsMisspelt is the same for the resources themselves.
func TestNoKnownFieldOfAKindIsMisspelt(t *testing.T) {
	set := recorded(t)
	for _, kind := range slices.Sorted(maps.Keys(set.Kinds)) {
		fieldsOf(set.Kinds[kind], nil, func(way []string) {
			for _, value := range []any{"x", int64(1), true, []any{}, map[string]any{}} {
				body, _ := at(way, value).(map[string]any)
				r := gateway.Resource{Key: gateway.Key{Kind: kind, ID: "r"}, Spec: body}
				for _, fault := range set.Faults(r) {
					if fault.Code == "misspelt-field" {
						t.Errorf("%s: %s: %v", kind, strings.Join(way, "."), fault)
					}
				}
			}
		})
	}
}
