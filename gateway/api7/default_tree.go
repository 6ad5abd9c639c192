package api7

import (
	"fmt"

	"github.com/sluice-gitops/sluice/gateway"
)

// tree is what is left of a JSON schema when only its defaults count. Branches (allOf, oneOf, then …) are laid over each other, so
// that a place can have several defaults. nil holds none.
type tree struct {
	values []any            // the defaults of the place itself
	fields map[string]*tree // of a map
	items  *tree            // of a list, and of the fields of a map that have no name of their own
}

// newTree reads the defaults of a JSON schema, as encoding/json decoded it.
func newTree(schema map[string]any) (*tree, error) {
	found := &tree{}
	if value, ok := schema["default"]; ok && value != nil {
		canonical, err := gateway.Canonical(withoutNulls(value))
		if err != nil {
			return nil, fmt.Errorf("default: %w", err)
		}
		found.values = []any{canonical}
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, part := range properties {
		if err := found.add(name, part); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	unnamed, _ := schema["patternProperties"].(map[string]any)
	for _, part := range append(valuesOf(unnamed), schema["items"], schema["additionalProperties"]) {
		if err := found.addUnnamed(part); err != nil {
			return nil, err
		}
	}
	for _, branch := range branches(schema) {
		laid, err := part(branch)
		if err != nil {
			return nil, err
		}
		found = over(found, laid)
	}
	return found, nil
}

func branches(schema map[string]any) []any {
	all := []any{schema["then"], schema["else"]}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := schema[keyword].([]any)
		all = append(all, list...)
	}
	dependencies, _ := schema["dependencies"].(map[string]any)
	return append(all, valuesOf(dependencies)...)
}

func valuesOf(m map[string]any) []any {
	var all []any
	for _, value := range m {
		all = append(all, value)
	}
	return all
}

// part reads what may be a schema, or true, false, a list of names, or nothing.
func part(v any) (*tree, error) {
	schema, ok := v.(map[string]any)
	if !ok {
		return nil, nil
	}
	return newTree(schema)
}

func (t *tree) add(name string, v any) error {
	field, err := part(v)
	if err != nil || field == nil {
		return err
	}
	if t.fields == nil {
		t.fields = map[string]*tree{}
	}
	t.fields[name] = over(t.fields[name], field)
	return nil
}

func (t *tree) addUnnamed(v any) error {
	unnamed, err := part(v)
	t.items = over(t.items, unnamed)
	return err
}

// over lays two trees over each other. It changes neither.
func over(a, b *tree) *tree {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	both := &tree{values: append(append([]any{}, a.values...), b.values...), items: over(a.items, b.items), fields: map[string]*tree{}}
	for _, fields := range []map[string]*tree{a.fields, b.fields} {
		for name, field := range fields {
			both.fields[name] = over(both.fields[name], field)
		}
	}
	return both
}

// at returns the tree of the place that path leads to; nil where nothing is known.
func (t *tree) at(path gateway.Path) *tree {
	for _, step := range path {
		if t == nil {
			return nil
		}
		next := t.items
		if field, named := t.fields[step.Key]; step.Field && named {
			next = field
		}
		t = next
	}
	return t
}

// defaults returns the defaults of the place itself.
func (t *tree) defaults() []any {
	if t == nil {
		return nil
	}
	return t.values
}

// whole is the map of all the defaults of a map's fields; nil when a field has none.
func (t *tree) whole() []any {
	if t == nil || len(t.fields) == 0 {
		return nil
	}
	full := map[string]any{}
	for name, field := range t.fields {
		if len(field.defaults()) == 0 {
			return nil
		}
		full[name] = field.values[0]
	}
	return []any{full}
}
