package embedded

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// check returns what is wrong with v, nil when nothing is. Only the first fault is told. Defaults count as if they were
// written, also where they are not stored.
func (s *schema) check(v any) error {
	if err := s.checkType(v); err != nil {
		return err
	}
	if m, ok := v.(map[string]any); ok {
		// A default itself is not looked at: some break their own schema.
		if err := s.checkFields(m); err != nil {
			return err
		}
		v = s.withPresets(m)
	}
	if err := s.checkValue(v); err != nil {
		return err
	}
	if s.enum != nil && !slices.ContainsFunc(s.enum, func(e any) bool { return gateway.Equal(e, v) }) {
		return errors.New("matches none of the enum values")
	}
	if s.isFixed && !gateway.Equal(s.fixed, v) {
		return errors.New("does not match the const value")
	}
	return s.checkParts(v)
}

func (s *schema) checkValue(v any) error {
	switch v := v.(type) {
	case map[string]any:
		return s.checkMap(v)
	case []any:
		// An empty Lua table is both a list and an object.
		if len(v) == 0 && (s.kind == "object" || s.kind == "" && s.required != nil) {
			return s.checkMap(nil)
		}
		return s.checkList(v)
	case string:
		return s.checkText(v)
	case float64:
		return s.checkNumber(v)
	}
	return nil
}

func (s *schema) checkType(v any) error {
	if s.kind == "" || isType(s.kind, v) {
		return nil
	}
	return fmt.Errorf("wrong type: expected %s, got %s", s.kind, luaType(v))
}

func isType(kind string, v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return kind == "object" || kind == "array" && len(v) == 0
	case []any:
		return kind == "array" || kind == "object" && len(v) == 0
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "number" || kind == "integer" && v == float64(int64(v))
	}
	return false
}

func luaType(v any) string {
	switch v.(type) {
	case map[string]any, []any:
		return "table"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		return "number"
	}
	return "userdata"
}

func (s *schema) checkMap(m map[string]any) error {
	for _, name := range s.required {
		if _, ok := m[name]; !ok {
			return fmt.Errorf("property %q is required", name)
		}
	}
	if s.minFields != nil && float64(len(m)) < *s.minFields {
		return fmt.Errorf("expect object to have at least %v properties", *s.minFields)
	}
	if s.maxFields != nil && float64(len(m)) > *s.maxFields {
		return fmt.Errorf("expect object to have at most %v properties", *s.maxFields)
	}
	for _, name := range slices.Sorted(maps.Keys(s.depends)) {
		if _, ok := m[name]; !ok {
			continue
		}
		if err := s.depends[name].check(m); err != nil {
			return fmt.Errorf("failed to validate dependent schema for %q: %w", name, err)
		}
	}
	return s.checkOthers(m)
}

func (s *schema) checkFields(m map[string]any) error {
	for _, name := range s.names {
		value, ok := m[name]
		if !ok {
			continue
		}
		if err := s.fields[name].check(value); err != nil {
			return fmt.Errorf("property %q validation failed: %w", name, err)
		}
	}
	return nil
}

// checkOthers looks at the fields that have no schema of their own.
func (s *schema) checkOthers(m map[string]any) error {
	if !s.closed && s.patterns == nil && s.others == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if _, ok := s.fields[name]; ok {
			continue
		}
		matched := false
		for _, pattern := range s.patterns {
			if !pattern.name.MatchString(name) {
				continue
			}
			matched = true
			if err := pattern.schema.check(m[name]); err != nil {
				return fmt.Errorf("failed to validate %s (matching %s): %w", name, luaQuote(pattern.name.String()), err)
			}
		}
		switch {
		case matched:
		case s.closed:
			return fmt.Errorf("additional properties forbidden, found %s", name)
		case s.others != nil:
			if err := s.others.check(m[name]); err != nil {
				return fmt.Errorf("failed to validate additional property %s: %w", name, err)
			}
		}
	}
	return nil
}
