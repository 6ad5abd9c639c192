package embedded

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// schema is a compiled JSON schema: the part of the language that the schemas of this package use. It is read-only after
// compile. Its faults are worded as APISIX words them.
type schema struct {
	raw        map[string]any // as the Admin API shows it, references resolved
	kind       string         // the "type"; empty for any
	fields     map[string]*schema
	names      []string // of fields, sorted: the real gateway looks at them in no fixed order
	preset     []string // the names of the fields that have a default
	required   []string
	closed     bool
	others     *schema // of the fields that have no schema of their own; nil for any
	patterns   []namePattern
	depends    map[string]*schema
	minFields  *float64
	maxFields  *float64
	items      *schema
	minItems   *float64
	maxItems   *float64
	unique     bool
	minLength  *float64
	maxLength  *float64
	pattern    *pattern
	format     string
	minimum    *float64
	maximum    *float64
	above      *float64
	enum       []any
	fixed      any // the one value allowed
	isFixed    bool
	contains   *schema
	allOf      []*schema
	anyOf      []*schema
	oneOf      []*schema
	not        *schema
	when       *schema
	then       *schema
	otherwise  *schema
	standard   any // the default
	hasDefault bool
	secrets    [][]string // the paths of what is encrypted at rest
}

type namePattern struct {
	name   *pattern
	schema *schema
}

// compiler resolves {"$ref": name} against definitions.
type compiler struct{ definitions map[string]any }

func (c compiler) compile(v any) (*schema, error) {
	raw, err := c.resolve(v)
	if err != nil {
		return nil, err
	}
	return compileResolved(raw)
}

func (c compiler) resolve(v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		return c.resolveMap(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			resolved, err := c.resolve(item)
			if err != nil {
				return nil, err
			}
			out[i] = resolved
		}
		return out, nil
	}
	return v, nil
}

// resolveMap lays what stands beside a reference over what it names, so that one definition can have several defaults.
func (c compiler) resolveMap(m map[string]any) (any, error) {
	out := map[string]any{}
	if name, ok := m["$ref"].(string); ok {
		definition, ok := c.definitions[name].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("schema reference %q names nothing", name)
		}
		resolved, err := c.resolveMap(definition)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, resolved.(map[string]any))
	}
	for key, value := range m {
		if key == "$ref" {
			continue
		}
		resolved, err := c.resolve(value)
		if err != nil {
			return nil, err
		}
		out[key] = resolved
	}
	return out, nil
}

func compileResolved(v any) (*schema, error) {
	raw, err := partOf(v)
	if err != nil {
		return nil, err
	}
	s := &schema{raw: raw}
	s.kind, _ = raw["type"].(string)
	s.format, _ = raw["format"].(string)
	s.unique, _ = raw["uniqueItems"].(bool)
	s.enum, _ = raw["enum"].([]any)
	s.required = texts(raw["required"])
	s.standard, s.hasDefault = raw["default"]
	s.fixed, s.isFixed = raw["const"]
	s.closed = raw["additionalProperties"] == false
	for _, path := range texts(raw["encrypt_fields"]) {
		s.secrets = append(s.secrets, strings.Split(path, "."))
	}
	s.limits()
	return s, s.parts()
}

// partOf reads the three things that stand for a schema beside one: an empty Lua table, which is both a list and an object; a
// list of the fields that another one requires; and a stray text, which means nothing.
func partOf(v any) (map[string]any, error) {
	switch v := v.(type) {
	case map[string]any:
		return v, nil
	case string:
		return map[string]any{}, nil
	case []any:
		if len(v) == 0 {
			return map[string]any{}, nil
		}
		return map[string]any{"required": v}, nil
	}
	return nil, fmt.Errorf("schema: want an object, have %T", v)
}

func (s *schema) limits() {
	s.minFields, s.maxFields = limit(s.raw, "minProperties"), limit(s.raw, "maxProperties")
	s.minItems, s.maxItems = limit(s.raw, "minItems"), limit(s.raw, "maxItems")
	s.minLength, s.maxLength = limit(s.raw, "minLength"), limit(s.raw, "maxLength")
	s.minimum, s.maximum = limit(s.raw, "minimum"), limit(s.raw, "maximum")
	s.above = limit(s.raw, "exclusiveMinimum")
}

func limit(raw map[string]any, key string) *float64 {
	switch bound := raw[key].(type) {
	case float64:
		return &bound
	case string:
		// Some schemas write a bound as text; Lua takes it for the number.
		if n, err := strconv.ParseFloat(bound, 64); err == nil {
			return &n
		}
	}
	return nil
}

// parts compiles what is made of schemas itself.
func (s *schema) parts() (err error) {
	if text, ok := s.raw["pattern"].(string); ok {
		if s.pattern, err = compilePattern(text); err != nil {
			return err
		}
	}
	for key, into := range map[string]**schema{
		"items": &s.items, "not": &s.not, "if": &s.when, "then": &s.then, "else": &s.otherwise,
		"contains": &s.contains, "additionalProperties": &s.others,
	} {
		if part, ok := s.raw[key].(map[string]any); ok {
			if *into, err = compileResolved(part); err != nil {
				return err
			}
		}
	}
	for key, into := range map[string]*[]*schema{"allOf": &s.allOf, "anyOf": &s.anyOf, "oneOf": &s.oneOf} {
		if *into, err = compileList(s.raw[key]); err != nil {
			return err
		}
	}
	return s.namedParts()
}

func (s *schema) namedParts() (err error) {
	if s.fields, err = compileMap(s.raw["properties"]); err != nil {
		return err
	}
	s.names = slices.Sorted(maps.Keys(s.fields))
	for _, name := range s.names {
		if s.fields[name].hasDefault {
			s.preset = append(s.preset, name)
		}
	}
	if s.depends, err = compileMap(s.raw["dependencies"]); err != nil {
		return err
	}
	byPattern, err := compileMap(s.raw["patternProperties"])
	if err != nil {
		return err
	}
	for _, text := range slices.Sorted(maps.Keys(byPattern)) {
		name, err := compilePattern(text)
		if err != nil {
			return err
		}
		s.patterns = append(s.patterns, namePattern{name, byPattern[text]})
	}
	return nil
}

func compileList(v any) ([]*schema, error) {
	list, _ := v.([]any)
	var out []*schema
	for _, item := range list {
		s, err := compileResolved(item)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func compileMap(v any) (map[string]*schema, error) {
	m, _ := v.(map[string]any)
	if m == nil {
		return nil, nil
	}
	out := make(map[string]*schema, len(m))
	for name, item := range m {
		s, err := compileResolved(item)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = s
	}
	return out, nil
}

func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// sections reads a file of schemas: its definitions, and the named sections of schemas.
func sections(file []byte) (compiler, map[string]map[string]any, error) {
	var all map[string]map[string]any
	if err := json.Unmarshal(file, &all); err != nil {
		return compiler{}, nil, err
	}
	return compiler{all["definitions"]}, all, nil
}
