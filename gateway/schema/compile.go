package schema

import (
	"maps"
	"regexp"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// compiler makes rules of schemas. What it can't read holds for everything: a schema that a gateway works with is never a
// reason to refuse.
type compiler struct{ patterns map[string]*regexp.Regexp }

func newCompiler() *compiler { return &compiler{patterns: map[string]*regexp.Regexp{}} }

// setByGateway are the fields that only the gateway writes.
var setByGateway = map[string]bool{"create_time": true, "update_time": true}

// kind compiles the schema of a kind. A resource's key says its id, so the body neither holds nor needs it.
func (c *compiler) kind(kind gateway.Kind, text map[string]any) *rule {
	r := c.schema(text)
	r.required = slices.DeleteFunc(slices.Clone(r.required), isIdentity)
	r.forbidden = setByGateway
	if kind != gateway.Secrets && kind != gateway.PluginMetadata {
		r.fields = maps.Clone(r.fields)
		maps.DeleteFunc(r.fields, func(name string, _ *rule) bool { return isIdentity(name) || setByGateway[name] })
	}
	if inline := r.fields["upstream"]; inline != nil {
		copied := *inline
		copied.forbidden, copied.fields = setByGateway, maps.Clone(copied.fields)
		maps.DeleteFunc(copied.fields, func(name string, _ *rule) bool { return setByGateway[name] })
		r.fields["upstream"] = &copied
	}
	return r
}

// identity compiles the part of a kind's schema that speaks of the id.
func (c *compiler) identity(kind gateway.Kind, text map[string]any) *rule {
	fields, _ := text["properties"].(map[string]any)
	if kind == gateway.Consumers {
		return c.part(fields["username"])
	}
	return c.part(fields["id"])
}

func isIdentity(field string) bool { return field == "id" || field == "username" }

// part compiles what may be a schema, true or false.
func (c *compiler) part(v any) *rule {
	switch v := v.(type) {
	case map[string]any:
		return c.schema(v)
	case bool:
		return &rule{never: !v}
	}
	return nil
}

func (c *compiler) schema(text map[string]any) *rule {
	if text == nil {
		return nil
	}
	r := &rule{kinds: words(text["type"]), preset: text["default"], required: words(text["required"])}
	r.enum, _ = text["enum"].([]any)
	if value, ok := text["const"]; ok {
		r.enum = []any{value}
	}
	r.unique, _ = text["uniqueItems"].(bool)
	r.format, _ = text["format"].(string)
	r.limits(text)
	r.pattern = c.pattern(text["pattern"])
	c.fields(r, text)
	c.items(r, text)
	c.branches(r, text)
	_, typed := text["type"]
	r.bare = len(r.required) > 0 && (len(text) == 1 || len(text) == 2 && typed)
	return r
}

func (r *rule) limits(text map[string]any) {
	for word, into := range map[string]*limit{
		"minProperties": &r.minFields, "maxProperties": &r.maxFields, "minItems": &r.minItems, "maxItems": &r.maxItems,
		"minLength": &r.minLength, "maxLength": &r.maxLength, "minimum": &r.minimum, "maximum": &r.maximum,
		"exclusiveMinimum": &r.above, "exclusiveMaximum": &r.below,
	} {
		if n, ok := number(text[word]); ok {
			*into = limit{true, n}
		}
	}
	// Drafts before the sixth say with true or false whether a limit itself is left out.
	if text["exclusiveMinimum"] == true {
		r.above, r.minimum = r.minimum, limit{}
	}
	if text["exclusiveMaximum"] == true {
		r.below, r.maximum = r.maximum, limit{}
	}
}

func (c *compiler) fields(r *rule, text map[string]any) {
	properties, _ := text["properties"].(map[string]any)
	if len(properties) > 0 {
		r.fields = make(map[string]*rule, len(properties))
	}
	for name, part := range properties {
		field := c.part(part)
		r.fields[name] = field
		r.presets = r.presets || field != nil && field.preset != nil
	}
	r.closed = text["additionalProperties"] == false
	if !r.closed {
		r.others = c.part(text["additionalProperties"])
	}
	byPattern, _ := text["patternProperties"].(map[string]any)
	for _, pattern := range slices.Sorted(maps.Keys(byPattern)) {
		found := namePattern{c.pattern(pattern), c.part(byPattern[pattern])}
		if found.name == nil && pattern != ".*" {
			found.rule = nil
		}
		r.patterns = append(r.patterns, found)
	}
	depends, _ := text["dependencies"].(map[string]any)
	for _, field := range slices.Sorted(maps.Keys(depends)) {
		part := c.part(depends[field])
		if names := words(depends[field]); names != nil {
			part = &rule{required: names, bare: true}
		}
		r.depends = append(r.depends, dependency{field, part})
	}
}

func (c *compiler) items(r *rule, text map[string]any) {
	r.contains = c.part(text["contains"])
	tuple, isTuple := text["items"].([]any)
	if !isTuple {
		r.items = c.part(text["items"])
		return
	}
	r.items = c.part(text["additionalItems"])
	for _, part := range tuple {
		r.tuple = append(r.tuple, c.part(part))
	}
}

func (c *compiler) branches(r *rule, text map[string]any) {
	for word, into := range map[string]*[]*rule{"allOf": &r.allOf, "anyOf": &r.anyOf, "oneOf": &r.oneOf} {
		list, _ := text[word].([]any)
		for _, part := range list {
			*into = append(*into, c.part(part))
		}
	}
	for word, into := range map[string]**rule{"not": &r.not, "if": &r.when, "then": &r.then, "else": &r.otherwise} {
		*into = c.part(text[word])
	}
	conditions := r.minFields.set || r.maxFields.set || len(r.allOf)+len(r.anyOf)+len(r.oneOf)+len(r.depends) > 0 || r.not != nil || r.when != nil
	r.presets = r.presets && conditions
}

// pattern compiles a regular expression once; nil stands for one that matches everything or that Go can't express.
func (c *compiler) pattern(v any) *regexp.Regexp {
	text, ok := v.(string)
	if !ok || text == ".*" {
		return nil
	}
	if known, ok := c.patterns[text]; ok {
		return known
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		compiled = nil // one with a look-ahead, mostly
	}
	c.patterns[text] = compiled
	return compiled
}

// words reads a text or a list of texts.
func words(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, item := range v {
			if text, ok := item.(string); ok {
				out = append(out, text)
			}
		}
		return out
	}
	return nil
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
