package importer

import (
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// tagged is a value behind a tag, as a layer writes it. The value of a reset is nil.
type tagged struct {
	tag   string
	value any
}

// common returns the fragment that all of several fragments can inherit: the resources, and the parts of resources, that more
// than half of them have alike. Where they are of no one mind and base, which they inherit too, has something, that stays: who
// has the same need not say it again.
func common(base map[string]any, fragments []map[string]any) map[string]any {
	out := map[string]any{}
	for _, kind := range union(append([]map[string]any{base}, fragments...)) {
		below, _ := base[kind].(map[string]any)
		sections := make([]map[string]any, len(fragments))
		for i, fragment := range fragments {
			sections[i], _ = fragment[kind].(map[string]any)
		}
		shared := map[string]any{}
		for _, id := range union(append([]map[string]any{below}, sections...)) {
			if body := settled(below[id], under(sections, id)); body != nil {
				shared[id] = body
			}
		}
		if len(shared) > 0 {
			out[kind] = shared
		}
	}
	return out
}

// settled returns what several groups that inherit base say of one resource together, nil for nothing.
func settled(base any, bodies []any) any {
	if base != nil {
		return following(base, bodies)
	}
	if body, ok := sharedBody(bodies); ok {
		return body
	}
	return nil
}

// following returns what several groups say together in the place of an inherited value: what more than half of them have, else
// what is inherited; of a map field by field. Nil means that more than half have nothing there.
func following(base any, values []any) any {
	if value, ok := majority(values); ok {
		return value
	}
	present := slices.DeleteFunc(slices.Clone(values), func(v any) bool { return v == nil })
	if 2*len(present) < len(values) {
		return nil
	}
	below, ok := base.(map[string]any)
	inner := make([]map[string]any, len(present))
	for i, value := range present {
		m, isMap := value.(map[string]any)
		inner[i], ok = m, ok && isMap
	}
	if !ok {
		return base
	}
	out := map[string]any{}
	for _, field := range union(append([]map[string]any{below}, inner...)) {
		if value := followingField(below[field], under(inner, field)); value != nil {
			out[field] = value
		}
	}
	return out
}

// followingField is following where the field need not be inherited.
func followingField(base any, values []any) any {
	if base != nil {
		return following(base, values)
	}
	value, _ := majority(values)
	return value
}

// sharedBody returns what the bodies of one resource have in common, if that is worth a place of its own: a whole body that more
// than half of the groups have, or at least half of every body.
func sharedBody(bodies []any) (any, bool) {
	if body, ok := majority(bodies); ok {
		return body, true
	}
	maps := make([]map[string]any, len(bodies))
	for i, body := range bodies {
		m, ok := body.(map[string]any)
		if !ok {
			return nil, false
		}
		maps[i] = m
	}
	shared := sharedFields(maps)
	for _, body := range bodies {
		if 2*leaves(shared) < leaves(body) {
			return nil, false
		}
	}
	return shared, len(shared) > 0
}

func sharedFields(maps []map[string]any) map[string]any {
	out := map[string]any{}
	for _, field := range union(maps) {
		values := under(maps, field)
		if value, ok := majority(values); ok {
			out[field] = value
			continue
		}
		inner := make([]map[string]any, len(values))
		all := true
		for i, value := range values {
			m, ok := value.(map[string]any)
			inner[i], all = m, all && ok
		}
		if shared := sharedFields(inner); all && len(shared) > 0 {
			out[field] = shared
		}
	}
	return out
}

// majority returns the value that more than half of all have; an absent one is nil.
func majority(values []any) (any, bool) {
	for i, value := range values {
		if value == nil || 2*i >= len(values) {
			continue
		}
		count := 0
		for _, other := range values {
			if other != nil && gateway.Equal(value, other) {
				count++
			}
		}
		if 2*count > len(values) {
			return value, true
		}
	}
	return nil, false
}

// overlay returns what has to be laid over base for target to come out, nil when nothing has to.
func overlay(base, target map[string]any) map[string]any {
	out := map[string]any{}
	for _, kind := range union([]map[string]any{base, target}) {
		below, _ := base[kind].(map[string]any)
		above, _ := target[kind].(map[string]any)
		section := map[string]any{}
		for _, id := range union([]map[string]any{below, above}) {
			if body, differs := over(below[id], above[id]); differs {
				section[id] = body
			}
		}
		if len(section) > 0 {
			out[kind] = section
		}
	}
	return out
}

// over returns what turns an inherited value into another. Absent values are nil.
func over(base, target any) (any, bool) {
	switch {
	case base == nil:
		return target, target != nil
	case target == nil:
		return tagged{tag: strictyaml.Reset}, true
	case gateway.Equal(base, target):
		return nil, false
	}
	below, belowMap := base.(map[string]any)
	above, aboveMap := target.(map[string]any)
	_, belowList := base.([]any)
	_, aboveList := target.([]any)
	switch {
	case belowMap && aboveMap:
		return overFields(below, above), true
	case belowMap != aboveMap || belowList != aboveList:
		return tagged{strictyaml.Override, target}, true
	}
	return target, true
}

// overFields lays a map over another. When nothing of the inherited one would stay it is replaced whole.
func overFields(base, target map[string]any) any {
	out, kept := map[string]any{}, 0
	for _, field := range union([]map[string]any{base, target}) {
		value, differs := over(base[field], target[field])
		if differs {
			out[field] = value
		}
		if base[field] != nil && target[field] != nil {
			kept++
		}
	}
	if kept == 0 && len(base) > 0 {
		return tagged{strictyaml.Override, target}
	}
	return out
}

// union returns the keys of several maps, each once, in order.
func union(maps []map[string]any) []string {
	all := map[string]bool{}
	for _, m := range maps {
		for key := range m {
			all[key] = true
		}
	}
	return sorted(all)
}

// under returns the values under one key; nil where a map has none.
func under(maps []map[string]any, key string) []any {
	values := make([]any, len(maps))
	for i, m := range maps {
		values[i] = m[key]
	}
	return values
}

func leaves(v any) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		for _, value := range v {
			n += leaves(value)
		}
	case []any:
		for _, item := range v {
			n += leaves(item)
		}
	default:
		return 1
	}
	return max(n, 1)
}
