package skew

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// placedMap is a map and where its entries were written.
type placedMap struct {
	value  map[string]any
	origin *gateway.Origin
}

func (m placedMap) at(key string) placed {
	if m.origin == nil {
		return placed{value: m.value[key]}
	}
	return placed{m.value[key], m.origin.Fields[key]}
}

// walkMaps compares maps key by key. A key that holds variables has another text on each side, and is the same key.
func walkMaps(path gateway.Path, first, second placedMap, meant bool) []Field {
	every := maps.Clone(first.value)
	maps.Copy(every, second.value)
	var found []Field
	for _, key := range slices.Sorted(maps.Keys(every)) {
		at := path.With(gateway.Field(key))
		_, before := first.value[key]
		_, after := second.value[key]
		switch {
		case before && after:
			found = append(found, walk(at, first.at(key), second.at(key), meant)...)
		case before:
			found = append(found, leaf(at, first.at(key), placed{}, meant || renamed(first.at(key), first, second)))
		default:
			found = append(found, leaf(at, placed{}, second.at(key), meant || renamed(second.at(key), second, first)))
		}
	}
	return found
}

// renamed reports whether the other side has the same entry under a key that only the variables make another one.
func renamed(entry placed, own, other placedMap) bool {
	if entry.origin == nil || entry.origin.Key == "" {
		return false
	}
	for key := range other.value {
		there := other.at(key)
		_, here := own.value[key]
		if here || there.origin == nil || there.origin.Key != entry.origin.Key || there.origin.Pos.File != entry.origin.Pos.File {
			continue
		}
		return !slices.ContainsFunc(walk(nil, entry, there, false), func(f Field) bool { return !f.Meant })
	}
	return false
}
