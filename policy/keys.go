package policy

import "github.com/sluice-gitops/sluice/strictyaml"

// Schema returns the JSON Schema of a policy file.
func Schema() map[string]any {
	one := strictyaml.Schema(policyFile{}, Keys())
	named := strictyaml.Schema(policyFile{}, Keys())
	named["required"] = []any{"name", "assert"}
	return map[string]any{
		"title": "Policies of Sluice: rules that desired state must keep",
		"type":  "object", "additionalProperties": false,
		"properties": map[string]any{"policies": map[string]any{
			"description": "the policies, by name or as a list",
			"anyOf": []any{
				map[string]any{"type": "object", "additionalProperties": one, "propertyNames": map[string]any{"pattern": policyName.String()}},
				map[string]any{"type": "array", "items": named},
				map[string]any{"type": "null"},
			},
		}},
	}
}

// Keys says what the keys of one policy mean.
func Keys() strictyaml.Keys {
	return strictyaml.Keys{
		{Path: "name", Meaning: "its name, where the policies are a list", Default: "the key", Schema: anyText()},
		{Path: "description", Meaning: "what the rule is for; shown when there is no `message`", Default: "none"},
		{Path: "severity", Meaning: "`deny` stops the environment, `warn` stops nothing", Default: "`deny`",
			Schema: map[string]any{"enum": []any{"deny", "warn"}}},
		{Path: "match.kinds", Meaning: "kinds of resources, as in fragments", Default: "all", Schema: anyTexts()},
		{Path: "match.environments", Meaning: "patterns of names of environments", Default: "all", Schema: anyTexts()},
		{Path: "match.groups", Meaning: "patterns of names of gateway groups", Default: "all", Schema: anyTexts()},
		{Path: "match.ids", Meaning: "patterns of ids", Default: "all", Schema: anyTexts()},
		{Path: "match.labels", Meaning: "labels that the resource must have; the values are patterns", Default: "none",
			Schema: map[string]any{"type": "object", "additionalProperties": anyText()}},
		{Path: "match.when", Meaning: "an expression: only resources for which it is true", Default: "all", Schema: anyText()},
		{Path: "assert", Meaning: "an expression that must be true for each resource that matches", Default: "required", Schema: anyText()},
		{Path: "field", Meaning: "where in the resource the fault is placed, as in `plugins[\"limit-count\"].count`", Default: "the resource", Schema: anyText()},
		{Path: "message", Meaning: "what is wrong; `{{ expression }}` is put in", Default: "the description", Schema: anyText()},
		{Path: "hint", Meaning: "how to mend it", Default: "to mend it, or to add an exception"},
		{Path: "exceptions", Meaning: "who may break the rule, and until when", Default: "none"},
		{Path: "exceptions[].resources", Meaning: "patterns `kind/id`", Default: "required", Schema: anyTexts()},
		{Path: "exceptions[].environments", Meaning: "patterns of names of environments", Default: "all", Schema: anyTexts()},
		{Path: "exceptions[].who", Meaning: "who answers for it", Default: "required", Schema: anyText()},
		{Path: "exceptions[].reason", Meaning: "why, for those who read the file", Default: "none"},
		{Path: "exceptions[].until", Meaning: "the last day on which it counts, in UTC, as `2027-01-31`", Default: "required",
			Schema: map[string]any{"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}},
	}
}

func anyText() map[string]any { return map[string]any{"type": "string"} }

func anyTexts() map[string]any {
	return map[string]any{"type": "array", "items": map[string]any{"type": []any{"string", "null"}}}
}
