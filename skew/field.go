package skew

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// placed is a value and where it was written.
type placed struct {
	value  any
	origin *gateway.Origin
}

func (p placed) pos() diag.Pos {
	if p.origin == nil {
		return diag.Pos{}
	}
	return p.origin.Pos
}

// fields lists what differs between two bodies, in order of path.
func fields(first, second gateway.Resource) []Field {
	return walk(nil, placed{first.Spec, first.Origin}, placed{second.Spec, second.Origin}, false)
}

// whole lists the fields of a resource that only one side has.
func whole(r gateway.Resource, first bool) []Field {
	var list []Field
	for _, name := range slices.Sorted(maps.Keys(r.Spec)) {
		path := gateway.Path{gateway.Field(name)}
		switch from := r.Origin.Place(path); {
		case from.IsZero(): // Sluice sets it, on every resource
		case first:
			list = append(list, Field{Path: path, First: r.Spec[name], FirstFrom: from})
		default:
			list = append(list, Field{Path: path, Second: r.Spec[name], SecondFrom: from})
		}
	}
	return list
}

// walk compares two values. Meant says that they stand inside a value that both sides took from a variable.
func walk(path gateway.Path, first, second placed, meant bool) []Field {
	if gateway.Equal(first.value, second.value) {
		return nil
	}
	meant = meant || sameTemplate(first.origin, second.origin)
	switch a := first.value.(type) {
	case map[string]any:
		if b, ok := second.value.(map[string]any); ok {
			return walkMaps(path, placedMap{a, first.origin}, placedMap{b, second.origin}, meant)
		}
	case []any:
		if b, ok := second.value.([]any); ok && len(a) == len(b) {
			return walkLists(path, first, second, meant)
		}
	}
	return []Field{leaf(path, first, second, meant || samePlace(first, second))}
}

func leaf(path gateway.Path, first, second placed, meant bool) Field {
	return Field{
		Path: slices.Clone(path), First: first.value, Second: second.value,
		FirstFrom: first.pos(), SecondFrom: second.pos(), Meant: meant,
	}
}

// walkLists compares lists of one length: item by item where they hold maps, and else as one value, which is meant to differ when
// every item that does is.
func walkLists(path gateway.Path, first, second placed, meant bool) []Field {
	a, b := first.value.([]any), second.value.([]any)
	var inside []Field
	maps, all := true, true
	for i := range a {
		at := path.With(gateway.Item(i))
		step := gateway.Path{gateway.Item(i)}
		found := walk(at, placed{a[i], first.origin.At(step)}, placed{b[i], second.origin.At(step)}, meant)
		inside = append(inside, found...)
		all = all && !slices.ContainsFunc(found, func(f Field) bool { return !f.Meant })
		maps = maps && isMap(a[i]) && isMap(b[i])
	}
	if maps {
		return inside
	}
	return []Field{leaf(path, first, second, all)}
}

func isMap(v any) bool {
	_, is := v.(map[string]any)
	return is
}
