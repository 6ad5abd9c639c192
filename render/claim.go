package render

import (
	"slices"
	"strconv"

	"github.com/sluice-gitops/sluice/gateway"
)

// claim is what a route asks of a request beyond its host and path.
type claim struct {
	route gateway.Resource
	order int           // on its bench
	paths []string      // behind the prefix of the service
	cases [][]condition // a request that meets all conditions of one is taken
	// facets are the questions that the claim has few answers to, by which others are found that share one.
	facets map[string][]string
}

func claimOf(state gateway.State, route gateway.Resource) *claim {
	c := &claim{route: route, paths: pathsOf(state, route), cases: cases(route.Spec["vars"])}
	if asked := askedBy(route.Spec); len(asked) > 0 {
		c.cases = across([][]condition{asked}, c.cases)
	}
	c.facets = facetsOf(c.cases)
	return c
}

// askedBy returns what the fields beside vars ask for, as conditions.
func askedBy(spec map[string]any) []condition {
	var asked []condition
	if methods, ok := spec["methods"].([]any); ok && len(methods) > 0 {
		asked = append(asked, readCondition("request_method", []any{"request_method", "in", methods}, false))
	}
	var remotes []any
	for _, text := range texts(spec, "remote_addr", "remote_addrs") {
		remotes = append(remotes, text)
	}
	if len(remotes) > 0 {
		asked = append(asked, readCondition("remote_addr", []any{"remote_addr", "ipmatch", remotes}, false))
	}
	if filter, ok := spec["filter_func"].(string); ok {
		asked = append(asked, condition{name: "filter_func", op: "filter", text: filter})
	}
	return asked
}

// facetsOf returns the variables that each case knows the values of.
func facetsOf(cases [][]condition) map[string][]string {
	all := answersOf(cases[0])
	for _, further := range cases[1:] {
		others := answersOf(further)
		for name := range all {
			if others[name] == nil {
				delete(all, name)
				continue
			}
			all[name] = append(all[name], others[name]...)
		}
	}
	for name, answers := range all {
		slices.Sort(answers)
		all[name] = slices.Compact(answers)
	}
	return all
}

func answersOf(conditions []condition) map[string][]string {
	all := map[string][]string{}
	for _, c := range conditions {
		if answers := c.answers(); len(answers) > 0 {
			all[c.name] = answers
		}
	}
	return all
}

// answers returns the values that c lets through, with equal numbers spelt alike; nil when they are not few.
func (c condition) answers() []string {
	var all []string
	switch {
	case c.negated:
		return nil
	case c.op == "==" || c.op == "in":
		all = textsOf(c.values)
	case c.op == "ipmatch":
		for _, prefix := range c.ranges {
			if !prefix.IsSingleIP() {
				return nil
			}
			all = append(all, prefix.Addr().String())
		}
	}
	for i, value := range all {
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			all[i] = strconv.FormatFloat(n, 'g', -1, 64)
		}
	}
	return all
}

// meets reports whether some request meets both claims.
func (c *claim) meets(other *claim) truth {
	best := no
	for _, one := range c.cases {
		for _, another := range other.cases {
			best = max(best, together(one, another))
			if best == yes {
				return yes
			}
		}
	}
	return best
}
