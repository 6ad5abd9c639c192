package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

const mend = "mend it, or add an exception with who and until to the policy"

// violation is the fault of a resource that breaks the policy, at the field that the policy names or at the resource.
func (t *trial) violation(r *resource, message string) diag.Diagnostic {
	if message == "" {
		message = t.description
	}
	what := fmt.Sprintf("%s breaks the policy %q", r.Key, t.name)
	if message != "" {
		what += ": " + message
	}
	fault := diag.Errorf(t.place(r), "policy", "%s", what)
	if t.warn {
		fault = diag.Warningf(t.place(r), "policy", "%s", what)
	}
	fault = fault.WithHint("%s", mend).WithAlso(t.pos, "the policy stands at")
	if t.hint != "" {
		fault = fault.WithHint("%s", t.hint)
	}
	if e := t.exceptionFor(t.view.environment, r.Key); e != nil {
		fault = fault.WithAlso(e.pos, fmt.Sprintf("the exception of %s ended on %s:", e.who, e.until))
	}
	return fault
}

// place falls back to the whole resource where Sluice itself wrote the field.
func (t *trial) place(r *resource) diag.Pos {
	if at := r.Origin.Place(t.field); !at.IsZero() {
		return at
	}
	return r.Origin.Place(nil)
}

// breakdown is one reason why a policy can't be decided, and for how many resources.
type breakdown struct {
	first *resource
	at    *expression
	err   error
	more  int
}

// note keeps each reason once: a policy that is wrong is wrong for thousands of resources alike.
func (t *trial) note(r *resource, e *expression, err error) {
	for i := range t.broken {
		if t.broken[i].at == e && t.broken[i].err.Error() == err.Error() {
			t.broken[i].more++
			return
		}
	}
	if len(t.broken) < mostBreakdowns {
		t.broken = append(t.broken, breakdown{first: r, at: e, err: err})
	}
}

// breakdownFault stands at the expression, since that is what has to be mended.
func (t *trial) breakdownFault(b breakdown) diag.Diagnostic {
	subject := b.first.Key.String()
	if b.more > 0 {
		subject += fmt.Sprintf(" and %d more", b.more)
	}
	fault := diag.Errorf(b.at.pos, "policy-error", "the policy %q can't be decided for %s, which counts as broken: %v", t.name, subject, b.err).
		WithHint("%s", breakdownHint(b.err))
	if at := b.first.Origin.Place(nil); !at.IsZero() {
		fault = fault.WithAlso(at, "the resource stands at")
	}
	return fault
}

func breakdownHint(err error) string {
	field, missing := strings.CutPrefix(err.Error(), "no such key: ")
	switch {
	case errors.Is(err, errTooCostly):
		return "make it cheaper: narrow the match, or look at fewer resources of state"
	case missing:
		return fmt.Sprintf("%s may be missing: ask has(….%s) first, or write ….?%s.orValue(…)", field, field, field)
	}
	return "check the types of what it compares; has() and ?. ask for what may be missing"
}
