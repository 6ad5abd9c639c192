package openapi

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// Check warns where the routes of a service and its document part, in the desired state of one gateway group: operations that no route
// answers, and routes that no operation describes. An environment that does not have the service is left out, unless the contract
// names it.
func (cs Contracts) Check(env string, state gateway.State) diag.List {
	var faults diag.List
	for _, c := range cs {
		if !c.holds(env) {
			continue
		}
		service, there := state[gateway.Key{Kind: gateway.Services, ID: c.service}]
		switch {
		case there:
			faults.Add(c.check(env, state, service)...)
		case len(c.environments) > 0:
			faults.Add(diag.Warningf(c.servicePos, "contract-missing", "%s has no services/%s", env, c.service).
				WithHint("extend the layer of the service there, or take %s out of environments", env))
		}
	}
	return faults
}

// CheckNames finds contracts that would be held against nothing: of an environment that is not there, or of a service that no
// environment has.
func (cs Contracts) CheckNames(environments, services []string) diag.List {
	var faults diag.List
	for _, c := range cs {
		for _, env := range c.environments {
			if !slices.Contains(environments, text(env)) {
				faults.Add(diag.Errorf(env.Pos, "contract-unreadable", "there is no environment %q", text(env)).
					WithHint("%s", diag.DidYouMean(text(env), environments, "there are "+strings.Join(environments, ", "))))
			}
		}
		if !slices.Contains(services, c.service) {
			faults.Add(diag.Warningf(c.servicePos, "contract-missing", "no environment has services/%s", c.service).
				WithHint("%s", diag.DidYouMean(c.service, services, "correct the id, or extend the layer of the service")))
		}
	}
	return faults
}

func (c contract) check(env string, state gateway.State, service gateway.Resource) diag.List {
	var faults diag.List
	a := answererOf(state, c.service)
	for _, o := range c.doc.Operations {
		if answered := a.walk(o, c.base); !answered && !c.ignores(o) {
			faults.Add(diag.Warningf(o.Pos, "contract-missing", "no route of services/%s answers %s in %s", c.service, o.Name(), env).
				WithHint("import the document again, add a route, or name the operation below ignore in %s", c.file).
				WithAlso(service.Origin.Place(nil), "the service is at"))
		}
	}
	for _, one := range a.all {
		extra, whole := one.extra()
		if !extra || c.ignored[one.route.Key.String()] {
			continue
		}
		takes := "takes requests"
		if !whole {
			takes = "takes " + strings.Join(one.unmet(), ", ") + " requests"
		}
		faults.Add(diag.Warningf(placeOf(one.route), "contract-extra", "%s %s that no operation describes, in %s", one.route.Key, takes, env).
			WithHint("describe them, remove the route, or name %s below ignore in %s", one.route.Key, c.file).
			WithAlso(c.doc.pos, "the operations are at"))
	}
	return faults
}

// placeOf is where a route says which paths it takes.
func placeOf(route gateway.Resource) diag.Pos {
	for _, field := range []string{"uri", "uris"} {
		if _, ok := route.Spec[field]; ok {
			return route.Origin.Place(gateway.Path{gateway.Field(field)})
		}
	}
	return route.Origin.Place(nil)
}

// guesses are the values that stand for parameters without an example: one of them is what most routes ask for.
var guesses = []string{"a", "1", "a-1.b", "0b1f9d4e-6c1a-4d5e-8f3a-2b7c9d0e1f2a"}

// walk sends samples of an operation's requests to the routes, and reports whether one is answered. Every route that is met learns of
// the method.
func (a *answerer) walk(o Operation, base string) (answered bool) {
	for _, guess := range guesses {
		path := o.template.below(base).with(func(name string) string {
			if example := o.examples[name]; example != "" {
				return example
			}
			return guess
		})
		for _, one := range a.takers(path) {
			one.met[o.Method] = true
			answered = answered || one.takesMethod(o.Method)
		}
	}
	return answered
}

// beside are methods that come with others: documents seldom describe them.
var beside = []string{"HEAD", "OPTIONS"}

// unmet returns the methods of a route that no operation has.
func (one *answer) unmet() []string {
	return slices.DeleteFunc(slices.Clone(one.methods), func(method string) bool {
		return one.met[method] || slices.Contains(beside, method)
	})
}

// extra reports whether no operation describes all that a route takes, and whether none describes any of it.
func (one *answer) extra() (extra, whole bool) {
	if len(one.methods) == 0 {
		return len(one.met) == 0, true
	}
	unmet := one.unmet()
	described := slices.ContainsFunc(one.methods, func(method string) bool { return one.met[method] })
	return len(unmet) > 0, !described
}
