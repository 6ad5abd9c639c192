package render

import (
	"maps"
	"reflect"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// scrub returns the origin without the texts of secrets: of those that are secret now, and of those that a value which is
// none (a reference to a secret manager, say) overrides.
func scrub(key gateway.Key, spec map[string]any, origin *gateway.Origin) *gateway.Origin {
	probe, _ := probe(spec).(map[string]any)
	clean := scrubAt(gateway.Seal(key, probe), origin)
	return scrubAt(spec, clean)
}

// isSame reports whether both are one map.
func isSame(a, b map[string]any) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

// probe returns a copy in which every text is one that is sealed wherever a secret may stand.
func probe(v any) any {
	switch v := v.(type) {
	case map[string]any:
		copied := make(map[string]any, len(v))
		for key, value := range v {
			copied[key] = probe(value)
		}
		return copied
	case []any:
		copied := make([]any, len(v))
		for i, value := range v {
			copied[i] = probe(value)
		}
		return copied
	case string:
		return "x"
	}
	return v
}

func scrubAt(v any, origin *gateway.Origin) *gateway.Origin {
	switch v := v.(type) {
	case gateway.Secret:
		return withoutText(origin)
	case map[string]any:
		return scrubFields(v, origin)
	case []any:
		return scrubItems(v, origin)
	}
	return origin
}

func scrubFields(m map[string]any, origin *gateway.Origin) *gateway.Origin {
	if origin == nil {
		return nil
	}
	clean := origin
	for key, value := range m {
		was := origin.Fields[key]
		now := scrubAt(value, was)
		if now == was {
			continue
		}
		if clean == origin {
			copied := *origin
			copied.Fields = maps.Clone(origin.Fields)
			clean = &copied
		}
		clean.Fields[key] = now
	}
	return clean
}

func scrubItems(list []any, origin *gateway.Origin) *gateway.Origin {
	if origin == nil {
		return nil
	}
	clean := origin
	for i, value := range list {
		if i >= len(origin.Items) {
			break
		}
		now := scrubAt(value, origin.Items[i])
		if now == origin.Items[i] {
			continue
		}
		if clean == origin {
			copied := *origin
			copied.Items = slices.Clone(origin.Items)
			clean = &copied
		}
		clean.Items[i] = now
	}
	return clean
}
