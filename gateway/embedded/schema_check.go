package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sluice-gitops/sluice/gateway"
)

// check returns what is wrong with v, nil when nothing is. Only the first fault is told.
func (s *schema) check(v any) error {
	if err := s.checkType(v); err != nil {
		return err
	}
	if err := s.checkValue(v); err != nil {
		return err
	}
	if s.enum != nil && !slices.ContainsFunc(s.enum, func(e any) bool { return gateway.Equal(e, v) }) {
		return errors.New("matches none of the enum values")
	}
	return s.checkParts(v)
}

func (s *schema) checkValue(v any) error {
	switch v := v.(type) {
	case map[string]any:
		return s.checkMap(v)
	case []any:
		// An empty Lua table is both a list and an object.
		if len(v) == 0 && s.kind == "object" {
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
	if err := s.checkFields(m); err != nil {
		return err
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
	for _, name := range s.required {
		if _, ok := m[name]; !ok {
			return fmt.Errorf("property %q is required", name)
		}
	}
	return nil
}

// checkOthers looks at the fields that have no schema of their own.
func (s *schema) checkOthers(m map[string]any) error {
	if !s.closed && s.patterns == nil {
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
		if s.closed && !matched {
			return fmt.Errorf("additional properties forbidden, found %s", name)
		}
	}
	return nil
}

func (s *schema) checkList(list []any) error {
	if s.minItems != nil && float64(len(list)) < *s.minItems {
		return fmt.Errorf("expect array to have at least %v items", *s.minItems)
	}
	if s.maxItems != nil && float64(len(list)) > *s.maxItems {
		return fmt.Errorf("expect array to have at most %v items", *s.maxItems)
	}
	for i, item := range list {
		if s.items == nil {
			break
		}
		if err := s.items.check(item); err != nil {
			return fmt.Errorf("failed to validate item %d: %w", i+1, err)
		}
	}
	if s.unique {
		return checkUnique(list)
	}
	return nil
}

func checkUnique(list []any) error {
	for i := range list {
		for j := range i {
			if gateway.Equal(list[i], list[j]) {
				return fmt.Errorf("expected unique items but items %d and %d are equal", j+1, i+1)
			}
		}
	}
	return nil
}

func (s *schema) checkText(text string) error {
	length := float64(utf8.RuneCountInString(text))
	if s.minLength != nil && length < *s.minLength {
		return fmt.Errorf("string too short, expected at least %v, got %v", *s.minLength, length)
	}
	if s.maxLength != nil && length > *s.maxLength {
		return fmt.Errorf("string too long, expected at most %.0f, got %.0f", *s.maxLength, length)
	}
	if s.pattern != nil && !s.pattern.MatchString(text) {
		return fmt.Errorf("failed to match pattern %s with %s", luaQuote(s.pattern.String()), luaQuote(text))
	}
	if s.format != "" && !isAddress(s.format, text) {
		return fmt.Errorf("expected valid %s address, got %s", s.format, luaQuote(text))
	}
	return nil
}

func isAddress(format, text string) bool {
	family, cidr := strings.CutSuffix(format, "-cidr")
	if cidr {
		prefix, err := netip.ParsePrefix(text)
		return err == nil && prefix.Addr().Is4() == (family == "ipv4")
	}
	address, err := netip.ParseAddr(text)
	return err == nil && address.Is4() == (family == "ipv4")
}

func (s *schema) checkNumber(n float64) error {
	text := strconv.FormatFloat(n, 'g', 14, 64)
	switch {
	case s.minimum != nil && n < *s.minimum:
		return fmt.Errorf("expected %s to be at least %v", text, *s.minimum)
	case s.above != nil && n <= *s.above:
		return fmt.Errorf("expected %s to be greater than %v", text, *s.above)
	case s.maximum != nil && n > *s.maximum:
		return fmt.Errorf("expected %s to be at most %v", text, *s.maximum)
	}
	return nil
}

func (s *schema) checkParts(v any) error {
	for i, part := range s.allOf {
		if err := part.check(v); err != nil {
			return fmt.Errorf("allOf %d failed: %w", i+1, err)
		}
	}
	if s.anyOf != nil && !slices.ContainsFunc(s.anyOf, func(part *schema) bool { return part.check(v) == nil }) {
		return errors.New("object matches none of the required" + wanted(s.anyOf))
	}
	if err := s.checkOneOf(v); err != nil {
		return err
	}
	if s.not != nil && s.not.check(v) == nil {
		return errors.New("value wasn't supposed to match schema")
	}
	return s.checkCondition(v)
}

// wanted lists the fields that any of the schemas asks for.
func wanted(parts []*schema) string {
	var sets []string
	for _, part := range parts {
		if part.required != nil {
			names, _ := json.Marshal(part.required)
			sets = append(sets, string(names))
		}
	}
	if sets == nil {
		return ""
	}
	return ": " + strings.Join(sets, " or ")
}

func (s *schema) checkOneOf(v any) error {
	if s.oneOf == nil {
		return nil
	}
	first := 0
	for i, part := range s.oneOf {
		if part.check(v) != nil {
			continue
		}
		if first > 0 {
			return fmt.Errorf("value should match only one schema, but matches both schemas %d and %d", first, i+1)
		}
		first = i + 1
	}
	if first == 0 {
		return errors.New("value should match only one schema, but matches none")
	}
	return nil
}

func (s *schema) checkCondition(v any) error {
	if s.when == nil {
		return nil
	}
	if s.when.check(v) == nil {
		if s.then != nil && s.then.check(v) != nil {
			return errors.New("then clause did not match")
		}
		return nil
	}
	if s.otherwise != nil && s.otherwise.check(v) != nil {
		return errors.New("else clause did not match")
	}
	return nil
}

// luaQuote quotes as Lua's %q does: the characters that are not ASCII stay as they are.
func luaQuote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", "\\\n").Replace(text) + `"`
}
