package apisix

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
)

// generator draws values by the light of a JSON schema. It aims to be right most of the time: who asks throws the rest away.
type generator struct{ t *rapid.T }

func (g generator) chance(label string, percent int) bool {
	return rapid.IntRange(0, 99).Draw(g.t, label) < percent
}

func (g generator) pick(label string, list []any) map[string]any {
	part, _ := rapid.SampledFrom(list).Draw(g.t, label).(map[string]any)
	return part
}

// value draws a value. Depth bounds what need not be there.
func (g generator) value(schema map[string]any, depth int) any {
	schema = g.chosen(schema)
	if list, ok := schema["enum"].([]any); ok {
		return rapid.SampledFrom(list).Draw(g.t, "enum")
	}
	if value, ok := schema["const"]; ok {
		return value
	}
	if value, ok := schema["default"]; ok && g.chance("default", 30) {
		return value
	}
	switch kind := typeOf(schema); kind {
	case "object":
		return g.object(schema, depth)
	case "array":
		return g.list(schema, depth)
	case "integer":
		low, high := bounds(schema)
		return int64(rapid.IntRange(int(math.Ceil(low)), int(high)).Draw(g.t, "integer"))
	case "number":
		return g.number(schema)
	case "boolean":
		return rapid.Bool().Draw(g.t, "boolean")
	default:
		return g.text(schema)
	}
}

// chosen lays one branch of each choice over a schema.
func (g generator) chosen(schema map[string]any) map[string]any {
	for _, word := range []string{"oneOf", "anyOf"} {
		list, _ := schema[word].([]any)
		if len(list) == 0 {
			continue
		}
		branch := g.chosen(g.pick(word, list))
		schema = overlaid(schema, branch)
		delete(schema, word)
	}
	if list, ok := schema["allOf"].([]any); ok {
		for _, part := range list {
			part, _ := part.(map[string]any)
			schema = overlaid(schema, g.chosen(part))
		}
	}
	for _, word := range []string{"then", "else"} {
		if part, ok := schema[word].(map[string]any); ok && g.chance(word, 50) {
			schema = overlaid(schema, g.chosen(part))
			if when, ok := schema["if"].(map[string]any); ok && word == "then" {
				schema = overlaid(schema, when)
			}
		}
	}
	return schema
}

// overlaid returns both schemas in one; what both say of a field is joined.
func overlaid(below, above map[string]any) map[string]any {
	out := map[string]any{}
	maps.Copy(out, below)
	for word, value := range above {
		switch word {
		case "required":
			old, _ := out[word].([]any)
			more, _ := value.([]any)
			out[word] = slices.Concat(old, more)
		case "properties":
			fields, _ := out[word].(map[string]any)
			fields = maps.Clone(fields)
			if fields == nil {
				fields = map[string]any{}
			}
			for name, part := range value.(map[string]any) {
				own, _ := fields[name].(map[string]any)
				part, _ := part.(map[string]any)
				fields[name] = overlaid(own, part)
			}
			out[word] = fields
		case "not":
		default:
			out[word] = value
		}
	}
	return out
}

func typeOf(schema map[string]any) string {
	kind, _ := schema["type"].(string)
	if list, ok := schema["type"].([]any); ok {
		kind, _ = list[0].(string)
	}
	switch {
	case kind != "":
	case schema["properties"] != nil || schema["patternProperties"] != nil || schema["required"] != nil:
		return "object"
	case schema["items"] != nil:
		return "array"
	case schema["minimum"] != nil:
		return "integer"
	}
	return kind
}

func (g generator) object(schema map[string]any, depth int) map[string]any {
	out := map[string]any{}
	required, _ := schema["required"].([]any)
	fields, _ := schema["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		part, _ := fields[name].(map[string]any)
		wanted := slices.Contains(required, any(name))
		if name == "create_time" || name == "update_time" || name == "id" && !wanted || name == "_meta" && !g.chance("meta", 10) {
			continue
		}
		if wanted || depth > 0 && g.chance("field "+name, 35) {
			out[name] = g.value(part, depth-1)
		}
	}
	for _, name := range required {
		if name, _ := name.(string); out[name] == nil && fields[name] == nil {
			out[name] = "x"
		}
	}
	g.others(schema, out, depth)
	return out
}

// others draws fields whose names are free.
func (g generator) others(schema, out map[string]any, depth int) {
	least, _ := schema["minProperties"].(int64)
	patterns, _ := schema["patternProperties"].(map[string]any)
	part, _ := schema["additionalProperties"].(map[string]any)
	for _, pattern := range slices.Sorted(maps.Keys(patterns)) {
		part, _ = patterns[pattern].(map[string]any)
	}
	if part == nil && (least == 0 || schema["properties"] != nil) {
		return
	}
	for i := range rapid.Int64Range(least, least+2).Draw(g.t, "others") {
		out[fmt.Sprintf("field%d", i)] = g.value(part, depth-1)
	}
}

func (g generator) list(schema map[string]any, depth int) []any {
	least, _ := schema["minItems"].(int64)
	most, ok := schema["maxItems"].(int64)
	if most = min(most, least+2); !ok {
		most = least + 2
	}
	part, _ := schema["items"].(map[string]any)
	out := []any{}
	for range rapid.Int64Range(least, most).Draw(g.t, "items") {
		out = append(out, g.value(part, depth-1))
	}
	return out
}

// bounds are the least and the most that a schema takes, within what a test needs.
func bounds(schema map[string]any) (low, high float64) {
	low, high = 0, 1<<40
	for word, into := range map[string]*float64{"minimum": &low, "maximum": &high} {
		switch n := schema[word].(type) {
		case int64:
			*into = float64(n)
		case float64:
			*into = n
		}
	}
	if n, ok := schema["exclusiveMinimum"].(int64); ok {
		low = float64(n) + 1
	}
	return low, max(low, high)
}

func (g generator) number(schema map[string]any) any {
	low, high := bounds(schema)
	n := low + float64(rapid.IntRange(0, 1000).Draw(g.t, "quarters"))/4
	canonical, _ := gateway.Canonical(min(n, high))
	return canonical
}

// samples are texts that fit the patterns of the schemas, and such that need care in JSON and in Lua.
var samples = []string{
	"abc", "a.example", "*.example", "/path", "http://a.example:80/x", "10.0.0.0/8", "10.0.0.1", "::1", "$remote_addr", "503", "function() end",
	"a/b", "a:b", "a:b:c", "redis://a:1", "*", "GET", "ü ö", "line\nbreak", `quote " and \ back`, "<&>", "1", "1.0", "true", "200", "12345",
	"$secret://vault/1/a/b", "a@b.example", "3.1.2", "x;y", "aws", "gcp", "header",
}

func (g generator) text(schema map[string]any) string {
	least, _ := schema["minLength"].(int64)
	most, limited := schema["maxLength"].(int64)
	pattern, _ := schema["pattern"].(string)
	expression, err := regexp.Compile(pattern)
	var fitting []string
	for _, sample := range samples {
		if err == nil && expression.MatchString(sample) || err != nil && sample == "abc" {
			fitting = append(fitting, sample)
		}
	}
	if len(fitting) == 0 {
		if err != nil {
			return "abc"
		}
		return rapid.StringMatching(pattern).Draw(g.t, "text")
	}
	text := rapid.SampledFrom(fitting).Draw(g.t, "sample")
	if short := int(least) - len([]rune(text)); short > 0 {
		text += strings.Repeat("x", short)
	}
	if runes := []rune(text); limited && len(runes) > int(most) {
		text = string(runes[:most])
	}
	return text
}
