package schema

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
)

// doubt notes a field that a schema has no word of and lets through, where its name is near that of a known one which is not there.
func (w *walker) doubt(r *rule, m map[string]any, name string) {
	if w.quiet || len(r.fields) == 0 || r.others != nil || len(name) < 4 || mentions(r, name) {
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
	mentioned := func(part *rule) bool { return mentions(part, name) }
	return slices.ContainsFunc(r.allOf, mentioned) || slices.ContainsFunc(r.anyOf, mentioned) || slices.ContainsFunc(r.oneOf, mentioned) ||
		mentioned(r.not) || mentioned(r.when) || mentioned(r.then) || mentioned(r.otherwise) ||
		slices.ContainsFunc(r.depends, func(d dependency) bool { return mentioned(d.rule) })
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
	if len(meant) != 1 || !w.takes(meant[0], v) {
		return
	}
	inner := walker{at: slices.Clone(w.at), trace: w.trace}
	inner.check(meant[0], v)
	w.doubts = append(w.doubts, inner.doubts...)
}
