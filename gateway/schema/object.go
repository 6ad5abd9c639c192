package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

func (w *walker) object(r *rule, m map[string]any) {
	for name, value := range m {
		w.field(r, m, name, value)
		if w.done() {
			return
		}
	}
	var missing []string
	for _, name := range r.required {
		if _, ok := m[name]; !ok && (r.fields[name] == nil || r.fields[name].preset == nil) {
			missing = append(missing, name)
		}
	}
	w.needs(missing)
	if r.presets {
		m = filled(r, m)
	}
	w.size(r.minFields, r.maxFields, len(m), "field")
	for _, d := range r.depends {
		if _, ok := m[d.field]; ok {
			w.dependent(d, m)
		}
	}
	w.branches(r, m)
}

func (w *walker) field(r *rule, m map[string]any, name string, value any) {
	if own, ok := r.fields[name]; ok {
		w.inside(gateway.Field(name), own, value)
		return
	}
	matched := false
	for _, pattern := range r.patterns {
		if pattern.name == nil || pattern.name.MatchString(name) {
			matched = true
			w.inside(gateway.Field(name), pattern.rule, value)
		}
	}
	switch {
	case matched:
	case r.forbidden[name]:
		w.inField(name, "remove it: the gateway sets it itself", "forbidden-field", "can't be set")
	case r.closed:
		w.unknown(r, name)
	default:
		w.inside(gateway.Field(name), r.others, value)
		w.doubt(r, m, name)
	}
}

// inField notes a fault of one field of the map that is looked at.
func (w *walker) inField(name, hint, code, format string, args ...any) {
	w.at = append(w.at, gateway.Field(name))
	w.fault(hint, code, format, args...)
	w.at = w.at[:len(w.at)-1]
}

func (w *walker) unknown(r *rule, name string) {
	if w.quiet {
		w.failed = true
		return
	}
	names := slices.Sorted(maps.Keys(r.fields))
	w.inField(name, diag.DidYouMean(name, names, "the fields are "+strings.Join(names, ", ")), "unknown-field", "is an unknown field")
}

// needs notes fields that are missing, each once.
func (w *walker) needs(names []string) {
	if w.quiet {
		w.failed = w.failed || len(names) > 0
		return
	}
	names = w.notAsked(names)
	if len(names) == 0 {
		return
	}
	w.ask(names)
	w.fault("add "+pronoun(len(names)), "missing-field", "needs %s", joined(names, " and "))
}

func pronoun(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

func (w *walker) ask(names []string) {
	for _, name := range names {
		w.asked = append(w.asked, w.at.String()+" "+name)
	}
}

// notAsked leaves out what was called missing before.
func (w *walker) notAsked(names []string) []string {
	if len(w.asked) == 0 {
		return names
	}
	at := w.at.String() + " "
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(w.asked, at+name) })
}

// filled returns m with what the gateway fills in: its conditions see that.
func filled(r *rule, m map[string]any) map[string]any {
	out := m
	for name, field := range r.fields {
		if _, ok := m[name]; ok || field == nil || field.preset == nil {
			continue
		}
		if len(out) == len(m) {
			out = maps.Clone(m)
		}
		out[name] = field.preset
	}
	return out
}

// dependent looks at what must hold because a field is there.
func (w *walker) dependent(d dependency, m map[string]any) {
	if d.rule == nil || d.rule.not == nil || !d.rule.not.bare {
		w.check(d.rule, m)
		return
	}
	if w.takes(d.rule.not, m) {
		w.inField(d.field, "keep one of them", "field-conflict", "can't stand beside %s", joined(d.rule.not.required, " and "))
	}
}
