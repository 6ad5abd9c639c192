package schema

import (
	"fmt"

	"github.com/sluice-gitops/sluice/gateway"
)

// Presets is what is left of a JSON schema when only its defaults count. Branches (oneOf, then …) are laid over each other, so
// a place can have several defaults. The nil Presets hold none. They are read-only once made.
type Presets struct {
	values []any               // the defaults of the place itself
	fields map[string]*Presets // of a map
	items  *Presets            // of a list, and of the fields of a map that have no name of their own
}

// ReadPresets reads the defaults of a JSON schema, as encoding/json decoded it; nil when there are none.
func ReadPresets(text map[string]any) (*Presets, error) {
	found := &Presets{}
	if value, ok := text["default"]; ok && value != nil {
		canonical, err := gateway.Canonical(gateway.WithoutNulls(value))
		if err != nil {
			return nil, fmt.Errorf("default: %w", err)
		}
		found.values = append(found.values, canonical)
	}
	for _, read := range []func(*Presets, map[string]any) error{readFields, readUnnamed, readBranches} {
		if err := read(found, text); err != nil {
			return nil, err
		}
	}
	if len(found.values) == 0 && len(found.fields) == 0 && found.items == nil {
		return nil, nil
	}
	return found, nil
}

func readFields(into *Presets, text map[string]any) error {
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
func readUnnamed(into *Presets, text map[string]any) error {
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
		into.items = Over(into.items, unnamed)
	}
	return nil
}

func readBranches(into *Presets, text map[string]any) error {
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
		if combined := Over(into, branch); combined != nil {
			*into = *combined
		}
	}
	return nil
}

// subpresets reads a part that may be a schema, or true, false, a list of names, or nothing.
func subpresets(part any) (*Presets, error) {
	text, ok := part.(map[string]any)
	if !ok {
		return nil, nil
	}
	return ReadPresets(text)
}

func (s *Presets) setField(name string, field *Presets) {
	if field == nil {
		return
	}
	if s.fields == nil {
		s.fields = map[string]*Presets{}
	}
	s.fields[name] = Over(s.fields[name], field)
}

// Over lays two presets over each other. It changes neither.
func Over(a, b *Presets) *Presets {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	both := &Presets{values: a.values[:len(a.values):len(a.values)], items: Over(a.items, b.items)}
	for _, value := range b.values {
		if !contains(both.values, value) {
			both.values = append(both.values, value)
		}
	}
	for _, fields := range []map[string]*Presets{a.fields, b.fields} {
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

// At returns the presets of the place that path leads to; nil where none are known. It is safe on nil.
func (s *Presets) At(path gateway.Path) *Presets {
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
	return s
}

// Values returns the defaults of the place itself. It is safe on nil.
func (s *Presets) Values() []any {
	if s == nil {
		return nil
	}
	return s.values
}

// Whole returns the map of the defaults of all fields, in a list of its own; nil when a field has none. It is safe on nil.
func (s *Presets) Whole() []any {
	if s == nil || len(s.fields) == 0 {
		return nil
	}
	full := map[string]any{}
	for name, field := range s.fields {
		if len(field.Values()) == 0 {
			return nil
		}
		full[name] = field.values[0]
	}
	return []any{full}
}

// Preset returns presets of one place with these values.
func Preset(values ...any) *Presets { return &Presets{values: values} }

// PresetFields returns presets of a map whose fields have these. Those that are nil are left out.
func PresetFields(fields map[string]*Presets) *Presets {
	s := &Presets{}
	for name, field := range fields {
		s.setField(name, field)
	}
	return s
}

// PresetItems returns presets of a list whose items have these.
func PresetItems(items *Presets) *Presets { return &Presets{items: items} }
