package diag

import (
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a Diagnostic stops the work. The zero value is Error.
type Severity int

// The severities: an Error stops the environments that it touches, a Warning stops nothing.
const (
	Error Severity = iota
	Warning
)

// String returns "error" or "warning", the words of the machine output.
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Diagnostic is one fault: what is wrong, where, and how to mend it.
type Diagnostic struct {
	Pos      Pos
	Severity Severity
	Code     string // stable, kebab-case: "unknown-key", "dangling-reference"
	What     string // one sentence, lower case, no full stop, values quoted with %q; never holds a secret
	Hint     string // how to mend it; may be empty
	Also     []Related
}

// Related is a second place that a fault speaks of: the inherited end, the first of two duplicates.
type Related struct {
	Pos  Pos
	What string // "overrides", "first set here"
}

// Errorf makes a Diagnostic of severity Error.
func Errorf(pos Pos, code, format string, args ...any) Diagnostic {
	return Diagnostic{Pos: pos, Code: code, What: fmt.Sprintf(format, args...)}
}

// Warningf makes a Diagnostic of severity Warning.
func Warningf(pos Pos, code, format string, args ...any) Diagnostic {
	return Diagnostic{Pos: pos, Severity: Warning, Code: code, What: fmt.Sprintf(format, args...)}
}

// WithHint returns a copy of d that says how to mend the fault.
func (d Diagnostic) WithHint(format string, args ...any) Diagnostic {
	d.Hint = fmt.Sprintf(format, args...)
	return d
}

// WithAlso returns a copy of d that names a second place.
func (d Diagnostic) WithAlso(pos Pos, what string) Diagnostic {
	d.Also = append(slices.Clone(d.Also), Related{Pos: pos, What: what})
	return d
}

// Error returns the text as a person reads it: the place and the fault on one line, then a line for each related place and
// one for the hint, indented.
func (d Diagnostic) Error() string {
	var b strings.Builder
	if !d.Pos.IsZero() {
		b.WriteString(d.Pos.String() + ": ")
	}
	if d.Severity == Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(d.What)
	for _, also := range d.Also {
		fmt.Fprintf(&b, "\n\t%s %s", also.What, also.Pos)
	}
	if d.Hint != "" {
		b.WriteString("\n\thint: " + d.Hint)
	}
	return b.String()
}
