package gateway

import (
	"maps"
	"slices"
	"strings"
)

// respelled returns live with the same content in the spelling that desired uses: one or a list of one, the order of a set,
// nodes as a map or as a list. It decides nothing about what differs.
func (a aligner) respelled(desired, live map[string]any, at Path) map[string]any {
	upstream := a.place(at) == "upstream"
	if !upstream && len(at) > 0 {
		return live
	}
	out := maps.Clone(live)
	if upstream {
		a.respellNodes(desired, out)
		return out
	}
	for one, plural := range singular {
		kind, field, _ := strings.Cut(one, ".")
		if kind == string(a.key.Kind) {
			respellPair(desired, out, field, plural)
		}
	}
	for field, have := range out {
		if spot := a.place(Path{Field(field)}); sets[spot] {
			out[field] = inOrderOf(desired[field], have, names[spot])
		}
	}
	return out
}

func respellPair(desired, live map[string]any, field, plural string) {
	_, wantOne := desired[field]
	_, wantList := desired[plural]
	one, haveOne := live[field]
	list, _ := live[plural].([]any)
	switch {
	case wantOne && !haveOne && len(list) == 1:
		live[field] = list[0]
		delete(live, plural)
	case wantList && haveOne && live[plural] == nil:
		live[plural] = []any{one}
		delete(live, field)
	}
}

// inOrderOf puts what live shares with desired first, in desired's order and spelling; what is only live comes after.
func inOrderOf(desired, live any, anyCase bool) any {
	want, ok := desired.([]any)
	have, also := live.([]any)
	if !ok || !also {
		return live
	}
	rest, ordered := slices.Clone(have), make([]any, 0, len(have))
	for _, item := range want {
		i := slices.IndexFunc(rest, func(other any) bool { return sameItem(item, other, anyCase) })
		if i >= 0 {
			ordered = append(ordered, item)
			rest = slices.Delete(rest, i, i+1)
		}
	}
	return append(ordered, rest...)
}

func sameItem(a, b any, anyCase bool) bool {
	if s, ok := a.(string); ok && anyCase {
		t, ok := b.(string)
		return ok && strings.EqualFold(s, t)
	}
	return Equal(a, b)
}
