package policy

import (
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// Set holds the compiled policies of a config repo. The zero value holds none. A Set is read-only and safe for concurrent use.
type Set struct {
	policies []*policy
	limits   limits
}

// policy is one rule.
type policy struct {
	name        string
	pos         diag.Pos // of its name
	description string
	warn        bool // a violation stops nothing
	match       match
	assert      *expression
	field       gateway.Path // where in a resource a violation is placed; empty for the resource itself
	message     message
	hint        string
	exceptions  []exception
}

// CheckNames warns of policies for environments or gateway groups that do not exist: nothing would ever be held against them.
func (s Set) CheckNames(environments, groups []string) diag.List {
	var faults diag.List
	for _, p := range s.policies {
		faults.Add(p.unmatched("environment", p.match.environments, environments)...)
		faults.Add(p.unmatched("gateway group", p.match.groups, groups)...)
	}
	return faults.Sorted()
}

func (p *policy) unmatched(what string, patterns []pattern, names []string) diag.List {
	var faults diag.List
	for _, pattern := range patterns {
		if !slices.ContainsFunc(names, pattern.matches) {
			faults.Add(diag.Warningf(pattern.pos, "policy-without-subject", "the policy %q is for the %s %q, which does not exist",
				p.name, what, pattern.glob).WithHint("%s", diag.DidYouMean(pattern.glob, names, "mend the name, or remove it")))
		}
	}
	return faults
}
