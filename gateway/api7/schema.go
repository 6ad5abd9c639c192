package api7

import (
	"context"
	"maps"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// longText is the most characters of a name or a description here; APISIX itself takes far fewer.
const longText = int64(65536)

// Schema returns what this gateway takes, in the config repo's own terms: the built-in schemas without the fields that the API can't
// hold, and with those that it alone has. Plugins are not in it: the API does not tell their configuration in consumers. Errors are
// *gateway.Error.
func (g *Gateway) Schema(ctx context.Context) (*schema.Set, error) {
	version, err := g.Version(ctx)
	if err != nil {
		return nil, err
	}
	core := schema.Core()
	kinds := make(map[gateway.Kind]map[string]any, len(fieldsOf))
	for kind, fields := range fieldsOf {
		kinds[kind] = narrowed(core.Kinds[kind], fields)
	}
	addServiceFields(properties(kinds[gateway.Services]), core.Kinds[gateway.Upstreams])
	set, err := schema.New(schema.Set{Product: "api7", Version: version, Kinds: kinds})
	if err != nil {
		return nil, unreadable(gateway.Key{}, err)
	}
	return set, nil
}

// narrowed returns a copy of a kind's schema with only the fields that are known, and those that name and date a resource.
func narrowed(kind map[string]any, known map[string]bool) map[string]any {
	fields := map[string]any{}
	for field, part := range properties(kind) {
		switch {
		case field == "labels":
			fields[field] = labelSchema()
		case known[field] || identifying[field]:
			fields[field] = part
		}
	}
	for _, text := range []string{"name", "desc"} {
		if known[text] {
			fields[text] = map[string]any{"type": "string", "maxLength": longText}
		}
	}
	out := maps.Clone(kind)
	out["properties"] = fields
	return out
}

var identifying = set("id", "username", "create_time", "update_time")

func properties(schema map[string]any) map[string]any {
	fields, _ := schema["properties"].(map[string]any)
	return fields
}

// labelSchema takes a text or a list of texts for each label.
func labelSchema() map[string]any {
	value := map[string]any{"anyOf": []any{
		map[string]any{"type": "string"}, map[string]any{"type": "array", "items": map[string]any{"type": "string"}},
	}}
	return map[string]any{"type": "object", "additionalProperties": value}
}

func addServiceFields(fields, upstream map[string]any) {
	fields["type"] = map[string]any{"type": "string", "enum": []any{"http", "stream"}}
	fields["path_prefix"] = map[string]any{"type": "string"}
	fields["strip_path_prefix"] = map[string]any{"type": "boolean"}
	fields["upstreams"] = map[string]any{"type": "object", "additionalProperties": upstream}
}
