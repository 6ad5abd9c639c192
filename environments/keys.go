package environments

import (
	"slices"

	"github.com/sluice-gitops/sluice/strictyaml"
)

// RootSchema returns the JSON Schema of sluice.yaml.
func RootSchema() map[string]any {
	schema := strictyaml.Schema(settingsFile{}, RootKeys())
	schema["title"] = "sluice.yaml of Sluice: the root of a config repo"
	return schema
}

// Schema returns the JSON Schema of environment.yaml.
func Schema() map[string]any {
	schema := strictyaml.Schema(file{}, Keys())
	schema["title"] = "environment.yaml of Sluice: how an environment is rolled out"
	return schema
}

// RootKeys says what the keys of sluice.yaml mean.
func RootKeys() strictyaml.Keys {
	return strictyaml.Keys{
		{Path: "version", Meaning: "the format; `1`", Default: "required", Schema: map[string]any{"enum": []any{1}}},
		{Path: "vars", Meaning: "the lowest variables", Default: "none", Schema: anyMap()},
	}
}

// Keys says what the keys of environment.yaml mean.
func Keys() strictyaml.Keys {
	return slices.Concat(ownKeys(), rolloutKeys())
}

func ownKeys() strictyaml.Keys {
	return strictyaml.Keys{
		{Path: "extends", Meaning: "the layers below, one or a list; later wins, and the environment's own directory comes last",
			Default: "none", Schema: oneOrMore(layerSchema())},
		{Path: "extends[].path", Meaning: "a directory from the root of the config repo", Default: "required"},
		{Path: "extends[].revision", Meaning: "a pin: the commit at which this layer is read", Default: "the commit itself"},
		{Path: "after", Meaning: "environments that must have applied the same commit before this one opens",
			Default: "none: it opens at once", Schema: textList()},
		{Path: "groups", Meaning: "the gateway groups in waves: one after the other; a nested list is one wave, side by side",
			Default: "required", Schema: list(map[string]any{"anyOf": []any{name(), list(name())}})},
		{Path: "vars", Meaning: "variables of this environment", Default: "none", Schema: anyMap()},
		{Path: "guard.maxDeletes", Meaning: "the most deletes in one plan for one gateway group; `0` refuses every delete",
			Default: "no limit", Schema: map[string]any{"type": "integer", "minimum": 0}},
		{Path: "guard.maxDeletePercent", Meaning: "the most deletes as a share of what Sluice owns there, 0 to 100",
			Default: "50, measured above 5 deletes", Schema: map[string]any{"type": "integer", "minimum": 0, "maximum": 100}},
		{Path: "guard.protect", Meaning: "patterns `kind/id` of what is never deleted, such as `routes/login`, `global_rules/*`",
			Default: "none", Schema: textList()},
		{Path: "breaking", Meaning: "what happens to plans of which clients can notice something: `warn` marks them, `deny` holds them",
			Default: "`warn`", Schema: oneOfWords("warn", "deny")},
		{Path: "promotion", Meaning: "who moves the pins to what the environment in `after` has verified: `manual`; `pull-request` has the daemon open one, `merge` has it merge that too: see [pull-requests.md](pull-requests.md)",
			Default: "`manual`", Schema: oneOfWords("manual", "pull-request", "merge")},
		{Path: "drift", Meaning: "what happens to changes made behind Git's back: `heal` puts them back, `report` tells and leaves them; or a map of `mode` and `ignore`",
			Default: "`heal`", Schema: driftSchema()},
		{Path: "drift.mode", Meaning: "`heal`, `report`, in the long form", Default: "`heal`"},
		{Path: "drift.ignore", Meaning: "fields `kind/id:field` that belong to others than Git, such as `upstreams/users:nodes`: not compared, and what is live stays",
			Default: "none"},
		{Path: "adopt", Meaning: "whether the environment may take over resources that exist and that Sluice does not own: `refuse`, `allow`",
			Default: "`refuse`", Schema: oneOfWords("refuse", "allow")},
		{Path: "empty", Meaning: "`true` says that the environment is meant to hold no resources", Default: "`false`"},
	}
}

// driftSchema is that of the word and of the long form.
func driftSchema() map[string]any {
	mode := oneOfWords(string(Heal), string(Report))
	long := map[string]any{
		"type": "object", "additionalProperties": false,
		"properties": map[string]any{
			"mode":   mode,
			"ignore": list(map[string]any{"type": "string", "pattern": "^[a-z_]+/[^:]+:."}),
		},
	}
	return map[string]any{"anyOf": []any{mode, long}}
}

func layerSchema() map[string]any {
	pinned := map[string]any{
		"type": "object", "additionalProperties": false, "required": []any{"path"},
		"properties": map[string]any{
			"path":     map[string]any{"type": "string", "description": "a directory from the root of the config repo"},
			"revision": map[string]any{"description": "a pin: the commit at which this layer is read"},
		},
	}
	return map[string]any{"anyOf": []any{map[string]any{"type": "string"}, pinned}}
}

func oneOrMore(schema map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{list(schema), schema}}
}

func list(items map[string]any) map[string]any {
	return map[string]any{"type": "array", "items": items}
}

func textList() map[string]any { return list(map[string]any{"type": "string"}) }

func anyMap() map[string]any { return map[string]any{"type": "object"} }

func name() map[string]any { return map[string]any{"type": "string", "pattern": goodName.String()} }

func oneOfWords(words ...string) map[string]any {
	choices := make([]any, len(words))
	for i, word := range words {
		choices[i] = word
	}
	return map[string]any{"enum": choices}
}
