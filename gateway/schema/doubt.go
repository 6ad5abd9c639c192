package schema

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
)

// doubt notes a field that a schema has no word of and lets through, where its name is near that of a known one which is not there.
func (w *walker) doubt(r *rule, m map[string]any, name string) {
	if w.quiet || r.others != nil || len(name) < 4 || mentions(r, name) {
		return
	}
	var absent []string
	for _, known := range slices.Sorted(maps.Keys(r.fields)) {
		if _, there := m[known]; !there && len(known) > 3 {
			absent = append(absent, known)
		}
	}
	near := diag.Suggest(name, absent)
	if near == "" {
		return
	}
	quiet := walker{at: w.at}
	quiet.inField(name, `did you mean "`+near+`"?`, "misspelt-field", "is no field that the gateway knows: it is taken and does nothing")
	quiet.faults[0].Doubt = true
	w.doubts = append(w.doubts, quiet.faults...)
}

// mentions reports whether some branch of a rule knows a field.
func mentions(r *rule, name string) bool {
	if r == nil {
		return false
	}
	if _, known := r.fields[name]; known || slices.Contains(r.required, name) {
		return true
	}
	branches := slices.Concat(r.allOf, r.anyOf, r.oneOf, []*rule{r.not, r.when, r.then, r.otherwise})
	for _, d := range r.depends {
		branches = append(branches, d.rule)
	}
	return slices.ContainsFunc(branches, func(part *rule) bool { return mentions(part, name) })
}

// doubtInside looks for doubts in the one of several rules that is for the type of a value; where several are, none is meant.
func (w *walker) doubtInside(parts []*rule, v any) {
	if w.quiet {
		return
	}
	var meant []*rule
	for _, part := range parts {
		if part == nil || fitsAny(part.kinds, v) {
			meant = append(meant, part)
		}
	}
	if len(meant) != 1 || !takes(meant[0], v) {
		return
	}
	inner := walker{at: slices.Clone(w.at)}
	inner.check(meant[0], v)
	w.doubts = append(w.doubts, inner.doubts...)
}
