package reconciler

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
)

// overlay returns into with the ignored fields as they are in from, and names the fields that this has changed. Resources that are
// not in both stay as they are; neither state is changed.
func overlay(into, from gateway.State, ignored []environments.Ignored) (gateway.State, []string) {
	if len(ignored) == 0 {
		return into, nil
	}
	result := maps.Clone(into)
	var changed []string
	for _, key := range into.Keys() {
		source, ok := from[key]
		if !ok {
			continue
		}
		for _, field := range ignored {
			if !field.Matches(key) {
				continue
			}
			resource := result[key]
			spec, differs := copyField(resource.Spec, source.Spec, field.Path)
			if differs {
				resource.Spec = spec
				result[key] = resource
				changed = append(changed, key.String()+":"+field.Path.String())
			}
		}
	}
	return result, changed
}

// copyField returns into with the value at a path as it is in from, or without it where from has none. It reports whether the two
// differ. Where from has not even what the field stands in, that is what differs, and nothing is copied: what stands around a field is
// written with it.
func copyField(into, from map[string]any, path gateway.Path) (map[string]any, bool) {
	if _, ok := valueAt(from, path[:len(path)-1]); !ok {
		return into, false
	}
	have, there := valueAt(into, path)
	want, wanted := valueAt(from, path)
	if there == wanted && (!there || gateway.Equal(have, want)) {
		return into, false
	}
	copied, ok := withValue(into, path, want, wanted)
	if !ok {
		return into, false
	}
	return copied.(map[string]any), true
}

func valueAt(value any, path gateway.Path) (any, bool) {
	for _, step := range path {
		next, ok := into(value, step)
		if !ok {
			return nil, false
		}
		value = next
	}
	return value, true
}

// into returns what is one step inside a value.
func into(value any, step gateway.Step) (any, bool) {
	switch value := value.(type) {
	case map[string]any:
		next, ok := value[step.Key]
		return next, ok && step.Field
	case []any:
		if step.Field || step.Index >= len(value) {
			return nil, false
		}
		return value[step.Index], true
	}
	return nil, false
}

// withValue copies the way to a path, and sets or removes what is there. Maps on the way are made where they are missing.
func withValue(value any, path gateway.Path, want any, wanted bool) (any, bool) {
	if len(path) == 0 {
		return want, true
	}
	step := path[0]
	inner, there := into(value, step)
	if !there && !wanted {
		return value, true
	}
	if len(path) > 1 || wanted {
		var ok bool
		if inner, ok = withValue(inner, path[1:], want, wanted); !ok {
			return nil, false
		}
	}
	return withStep(value, step, inner, len(path) > 1 || wanted)
}

func withStep(value any, step gateway.Step, inner any, keep bool) (any, bool) {
	switch value := value.(type) {
	case nil:
		return map[string]any{step.Key: inner}, step.Field
	case map[string]any:
		copied := maps.Clone(value)
		if copied[step.Key] = inner; !keep {
			delete(copied, step.Key)
		}
		return copied, step.Field
	case []any:
		if step.Field || step.Index >= len(value) || !keep {
			return nil, false
		}
		copied := slices.Clone(value)
		copied[step.Index] = inner
		return copied, true
	}
	return nil, false
}
