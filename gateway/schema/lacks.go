package schema

import "slices"

func allBare(parts []*rule) bool {
	return !slices.ContainsFunc(parts, func(part *rule) bool { return part == nil || !part.bare })
}

// lacks says which fields a map needs when each of several rules asks for some.
func (w *walker) lacks(parts []*rule, m map[string]any) {
	var sets [][]string
	for _, part := range begun(parts, m) {
		set := w.notAsked(slices.DeleteFunc(slices.Clone(part.required), func(name string) bool { return m[name] != nil }))
		if !slices.ContainsFunc(sets, func(other []string) bool { return slices.Equal(other, set) }) {
			sets = append(sets, set)
		}
	}
	least := len(slices.MinFunc(sets, func(a, b []string) int { return len(a) - len(b) }))
	if least == 0 {
		w.failed = true
		return // it was said before
	}
	var common []string
	for _, name := range sets[0] {
		if !slices.ContainsFunc(sets, func(set []string) bool { return !slices.Contains(set, name) }) {
			common = append(common, name)
		}
	}
	w.needs(common)
	w.needsOneOf(sets, common)
}

// begun returns the rules that a map already has a field for, or all of them.
func begun(parts []*rule, m map[string]any) []*rule {
	some := slices.DeleteFunc(slices.Clone(parts), func(part *rule) bool {
		return !slices.ContainsFunc(part.required, func(name string) bool { return m[name] != nil })
	})
	if len(some) == 0 {
		return parts
	}
	return some
}

func (w *walker) needsOneOf(sets [][]string, common []string) {
	var alternatives, names []string
	for _, set := range sets {
		rest := slices.DeleteFunc(slices.Clone(set), func(name string) bool { return slices.Contains(common, name) })
		if len(rest) == 0 {
			return
		}
		names = append(names, rest...)
		if text := joined(rest, " and "); !slices.Contains(alternatives, text) {
			alternatives = append(alternatives, text)
		}
	}
	last := " or "
	if len(names) > len(alternatives) {
		last = ", or "
	}
	w.ask(names)
	w.fault("add one of them", "missing-field", "needs %s", joined(alternatives, last))
}
