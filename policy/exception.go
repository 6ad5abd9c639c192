package policy

import (
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// soon is how long before its end an exception is warned of.
const soon = 14 * 24 * time.Hour

// exception lets resources break a policy for a time.
type exception struct {
	pos          diag.Pos
	resources    []pattern // KIND/ID
	environments []pattern
	who          string
	until        string    // the last day, as written
	ends         time.Time // the first instant at which it no longer counts
}

// exceptionFile is an exception as it is written. The reason is for those who read the file.
type exceptionFile struct {
	Pos          diag.Pos           `yaml:",pos"`
	Resources    []*strictyaml.Node `yaml:"resources"`
	Environments []*strictyaml.Node `yaml:"environments"`
	Who          *strictyaml.Node   `yaml:"who"`
	Reason       string             `yaml:"reason"`
	Until        *strictyaml.Node   `yaml:"until"`
}

func (r *reader) exception(file exceptionFile) exception {
	e := exception{pos: file.Pos, resources: r.resourcePatterns(file.Resources), environments: r.patterns(file.Environments)}
	e.who, _ = r.text(file.Who)
	e.until, _ = r.text(file.Until)
	if len(file.Resources) == 0 {
		r.incomplete(file.Pos, `write resources: ["routes/legacy-*"]`, "the exception names no resources")
	}
	if e.who == "" {
		r.incomplete(file.Pos, "write who: and who answers for it", "the exception does not say who answers for it")
	}
	if e.until == "" {
		r.incomplete(file.Pos, "write until: and its last day, as 2027-01-31", "the exception does not say when it ends")
		return e
	}
	last, err := time.Parse(time.DateOnly, e.until)
	if err != nil {
		r.wrong(file.Until, "write the last day, as 2027-01-31", "%q is not a day", e.until)
	}
	e.ends = last.AddDate(0, 0, 1)
	return e
}

// exceptionFor returns the exception that counts longest for a resource, nil when there is none.
func (p *policy) exceptionFor(environment string, key gateway.Key) *exception {
	var longest *exception
	for i := range p.exceptions {
		e := &p.exceptions[i]
		if !anyMatches(e.resources, key.String()) || !anyMatches(e.environments, environment) {
			continue
		}
		if longest == nil || e.ends.After(longest.ends) {
			longest = e
		}
	}
	return longest
}

func (e *exception) over(now time.Time) bool { return !now.Before(e.ends) }

func (e *exception) endsSoon(now time.Time) bool { return !e.over(now) && e.ends.Sub(now) <= soon }

// ending warns that the exception will no longer count.
func (p *policy) ending(e *exception) diag.Diagnostic {
	return diag.Warningf(e.pos, "policy-exception-ends", "the exception of %s from the policy %q ends on %s", e.who, p.name, e.until).
		WithHint("mend what it is for, or agree on a later day")
}
