package apisix

import (
	"fmt"

	"github.com/sluice-gitops/sluice/gateway"
)

// presets is what is left of a JSON schema when only its defaults count. Branches (oneOf, then …) are laid over each other, so
// a place can have several defaults. nil holds none.
type presets struct {
	values []any               // the defaults of the place itself
	fields map[string]*presets // of a map
	items  *presets            // of a list, and of the fields of a map that have no name of their own
}

// newPresets reads the defaults of a JSON schema, as encoding/json decoded it.
func newPresets(text map[string]any) (*presets, error) {
	found := &presets{}
	if value, ok := text["default"]; ok {
		canonical, err := gateway.Canonical(value)
		if err != nil {
			return nil, fmt.Errorf("default: %w", err)
		}
		found.values = append(found.values, canonical)
	}
	for _, read := range []func(*presets, map[string]any) error{readFields, readUnnamed, readBranches} {
		if err := read(found, text); err != nil {
			return nil, err
		}
	}
	if len(found.values) == 0 && len(found.fields) == 0 && found.items == nil {
		return nil, nil
	}
	return found, nil
}

func readFields(into *presets, text map[string]any) error {
	properties, _ := text["properties"].(map[string]any)
	for name, part := range properties {
		field, err := subpresets(part)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		into.setField(name, field)
	}
	return nil
}

// readUnnamed reads what holds for any item or field.
func readUnnamed(into *presets, text map[string]any) error {
	parts := []any{text["items"], text["additionalProperties"]}
	patterns, _ := text["patternProperties"].(map[string]any)
	for _, part := range patterns {
		parts = append(parts, part)
	}
	for _, part := range parts {
		unnamed, err := subpresets(part)
		if err != nil {
			return err
		}
		into.items = merged(into.items, unnamed)
	}
	return nil
}

func readBranches(into *presets, text map[string]any) error {
	branches := []any{text["then"], text["else"]}
	for _, keyword := range []string{"oneOf", "anyOf", "allOf"} {
		list, _ := text[keyword].([]any)
		branches = append(branches, list...)
	}
	dependencies, _ := text["dependencies"].(map[string]any)
	for _, branch := range dependencies {
		branches = append(branches, branch)
	}
	for _, part := range branches {
		branch, err := subpresets(part)
		if err != nil {
			return err
		}
		if combined := merged(into, branch); combined != nil {
			*into = *combined
		}
	}
	return nil
}

// subpresets reads a part that may be a schema, or true, false, a list of names, or nothing.
func subpresets(part any) (*presets, error) {
	text, ok := part.(map[string]any)
	if !ok {
		return nil, nil
	}
	return newPresets(text)
}

func (s *presets) setField(name string, field *presets) {
	if field == nil {
		return
	}
	if s.fields == nil {
		s.fields = map[string]*presets{}
	}
	s.fields[name] = merged(s.fields[name], field)
}

// merged lays two schemas over each other. It changes neither.
func merged(a, b *presets) *presets {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	both := &presets{values: a.values[:len(a.values):len(a.values)], items: merged(a.items, b.items)}
	for _, value := range b.values {
		if !contains(both.values, value) {
			both.values = append(both.values, value)
		}
	}
	for _, fields := range []map[string]*presets{a.fields, b.fields} {
		for name, field := range fields {
			both.setField(name, field)
		}
	}
	return both
}

func contains(values []any, value any) bool {
	for _, other := range values {
		if gateway.Equal(other, value) {
			return true
		}
	}
	return false
}

// at returns the defaults of the place that path leads to.
func (s *presets) at(path gateway.Path) []any {
	for _, step := range path {
		if s == nil {
			return nil
		}
		next := s.items
		if field, named := s.fields[step.Key]; step.Field && named {
			next = field
		}
		s = next
	}
	if s == nil {
		return nil
	}
	return s.values
}
