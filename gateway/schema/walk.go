package schema

import (
	"fmt"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// walker goes through one value and collects its faults. A quiet one only finds out whether there are any.
type walker struct {
	at     gateway.Path // of the value that is looked at; shared while walking, copied into faults
	faults []Fault
	doubts []Fault // what is taken, and hardly meant
	quiet  bool
	failed bool
	asked  []string // fields that were called missing, with their paths: each is told once
	trace  *trace   // nil unless somebody wants to know what is asked of some texts
}

// fault notes what is wrong with the value that is looked at.
func (w *walker) fault(hint, code, format string, args ...any) {
	w.failed = true
	if !w.quiet {
		w.faults = append(w.faults, Fault{Path: slices.Clone(w.at), Code: code, What: fmt.Sprintf(format, args...), Hint: hint})
	}
}

// done reports whether a quiet walker knows enough.
func (w *walker) done() bool { return w.quiet && w.failed }

// takes reports whether a rule takes the value that is looked at.
func (w *walker) takes(r *rule, v any) bool {
	quiet := walker{quiet: true, trace: w.trace}
	if w.trace != nil {
		quiet.at = slices.Clone(w.at)
	}
	quiet.check(r, v)
	return !quiet.failed
}

func (w *walker) inside(step gateway.Step, r *rule, v any) {
	if r == nil {
		return
	}
	w.at = append(w.at, step)
	w.check(r, v)
	w.at = w.at[:len(w.at)-1]
}

// check looks at a value in the light of a rule.
func (w *walker) check(r *rule, v any) {
	if secret, ok := v.(gateway.Secret); ok && secret.Untyped() {
		return
	}
	w.trace.meets(w.at, r, v)
	switch {
	case r == nil || w.done():
		return
	case r.never:
		w.fault("remove it", "unknown-field", "can't be set here")
		return
	case !fitsAny(r.kinds, v):
		w.fault(kindHint(r.kinds), "wrong-type", "must be %s", kindWords(r.kinds))
		return
	case r.enum != nil && !among(r.enum, v):
		w.choice(r.enum, v)
		return
	}
	switch v := v.(type) {
	case map[string]any:
		w.object(r, v)
		return
	case []any:
		w.list(r, v)
	case string:
		w.text(r, v)
	case gateway.Secret:
		if !v.Resolved() {
			return // any text may come
		}
		w.text(r, v.Reveal())
	case int64:
		w.number(r, float64(v))
	case float64:
		w.number(r, v)
	}
	w.branches(r, v)
}

// among reports whether a value is one of some. A secret that is not known may be any text.
func among(values []any, v any) bool {
	if secret, ok := v.(gateway.Secret); ok {
		if !secret.Resolved() {
			return true
		}
		return slices.ContainsFunc(values, func(value any) bool {
			text, ok := value.(string)
			return ok && secret.Matches(text)
		})
	}
	return slices.ContainsFunc(values, func(value any) bool { return gateway.Equal(value, v) })
}
