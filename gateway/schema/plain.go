package schema

import "github.com/sluice-gitops/sluice/gateway"

// prose are the keywords that say nothing about what is taken.
var prose = map[string]bool{"description": true, "title": true, "$comment": true, "examples": true, "$schema": true, "$id": true}

// named are the keywords whose keys are names of fields.
var named = map[string]bool{"properties": true, "patternProperties": true, "dependencies": true}

// literal are the keywords that hold values, not schemas.
var literal = map[string]bool{"default": true, "enum": true, "const": true, "required": true, "encrypt_fields": true}

// plain returns a schema in canonical values and without prose.
func plain(text map[string]any) (map[string]any, error) {
	canonical, err := gateway.Canonical(text)
	if err != nil {
		return nil, err
	}
	return bare(canonical.(map[string]any)), nil
}

func bare(text map[string]any) map[string]any {
	out := make(map[string]any, len(text))
	for word, value := range text {
		fields, isMap := value.(map[string]any)
		switch {
		case prose[word]:
		case literal[word]:
			out[word] = value
		case named[word] && isMap:
			out[word] = bareFields(fields)
		default:
			out[word] = barePart(value)
		}
	}
	return out
}

func bareFields(fields map[string]any) map[string]any {
	out := make(map[string]any, len(fields))
	for name, part := range fields {
		out[name] = barePart(part)
	}
	return out
}

func barePart(part any) any {
	switch part := part.(type) {
	case map[string]any:
		return bare(part)
	case []any:
		out := make([]any, len(part))
		for i, item := range part {
			out[i] = barePart(item)
		}
		return out
	}
	return part
}
