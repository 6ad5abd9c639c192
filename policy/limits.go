package policy

import (
	"github.com/sluice-gitops/sluice/diag"
)

// limits bound the policies of one config repo, and what they may cost one gateway group.
type limits struct {
	policies int
	runes    int    // of all expressions
	entries  int    // files and directories in policies/
	depth    int    // directories inside one another
	group    uint64 // cost of all policies over one gateway group, in the units of CEL
	faults   int    // that are told of one policy, and of one gateway group
}

func standardLimits() limits {
	return limits{policies: 500, runes: 1_000_000, entries: 10_000, depth: 50, group: 200_000_000, faults: 1000}
}

// mostBreakdowns is how many different reasons are told why one policy can't be decided.
const mostBreakdowns = 100

func overLimit(pos diag.Pos, hint, format string, args ...any) diag.Diagnostic {
	return diag.Errorf(pos, "over-limit", format, args...).WithHint("%s", hint)
}

// affords reports whether one more policy may be read. The first one that may not is a fault.
func (l *loader) affords(pos diag.Pos) bool {
	if len(l.names) < l.limits.policies {
		return true
	}
	if !l.full {
		l.faults.Add(overLimit(pos, "join policies that look at the same resources", "there are more than %d policies", l.limits.policies))
	}
	l.full = true
	return false
}

// spends counts the characters of an expression. It reports false when all expressions together have too many.
func (r *reader) spends(text string, pos diag.Pos) bool {
	before := *r.left
	*r.left -= len(text)
	if before >= 0 && *r.left < 0 {
		r.faults.Add(overLimit(pos, "shorten the policies, or have fewer", "the expressions of all policies have more than %d characters",
			standardLimits().runes))
	}
	return *r.left >= 0
}

// affords reports whether a directory may still be looked into.
func (w *walker) affords(at string, depth int) bool {
	switch {
	case w.full:
	case depth > w.limits.depth:
		w.full = true
		w.faults.Add(overLimit(diag.Pos{File: at}, "flatten them", "more than %d directories stand inside one another", w.limits.depth))
	case w.entries > w.limits.entries:
		w.full = true
		w.faults.Add(overLimit(diag.Pos{File: at}, "put several policies into one file", "there are more than %d files and directories", w.limits.entries))
	}
	return !w.full
}
