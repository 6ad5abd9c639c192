package openapi

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// scheme is one way to say who asks.
type scheme struct {
	kind           string // apiKey, http, oauth2, openIdConnect, mutualTLS
	in, parameter  string // of an apiKey
	method, format string // of http, in lower case
	discovery      string // of openIdConnect
}

// requirement is one alternative of a security: all of its uses have to hold. Without uses nothing has to.
type requirement struct {
	pos  diag.Pos
	uses []use
}

// use is a scheme that a requirement names.
type use struct {
	name   string
	pos    diag.Pos
	scopes []string
}

// schemes reads the security schemes of a document. What can't be found is told where it is used.
func (r *reader) schemes() map[string]scheme {
	all := map[string]scheme{}
	declared := r.root.Get("components").Get("securitySchemes")
	if declared == nil {
		return all
	}
	for _, field := range declared.Fields {
		n, fault := r.resolve(field.Value)
		if fault != nil {
			fault.Severity = diag.Warning
			r.faults.Add(*fault)
			continue
		}
		all[field.Key] = scheme{
			kind: text(n.Get("type")), in: text(n.Get("in")), parameter: text(n.Get("name")),
			method: strings.ToLower(text(n.Get("scheme"))), format: strings.ToLower(text(n.Get("bearerFormat"))),
			discovery: text(n.Get("openIdConnectUrl")),
		}
	}
	return all
}

// requirements reads a security. One that can't be read is a fault, and never none. It is safe on nil.
func (r *reader) requirements(n *strictyaml.Node) []requirement {
	if n == nil {
		return nil
	}
	if n.Kind != strictyaml.List {
		r.unreadable(n.Pos, "write security: [{name: []}], or [] for none", "security must be a list, not %s", n.Kind)
	}
	var all []requirement
	for _, item := range n.Items {
		if item.Kind != strictyaml.Map {
			r.unreadable(item.Pos, "write {name: []}", "an alternative of a security must be a map, not %s", item.Kind)
		}
		one := requirement{pos: item.Pos}
		for _, field := range item.Fields {
			scopes := texts(field.Value)
			slices.Sort(scopes)
			one.uses = append(one.uses, use{name: field.Key, pos: field.Pos, scopes: scopes})
		}
		slices.SortFunc(one.uses, func(a, b use) int { return strings.Compare(a.name, b.name) })
		all = append(all, one)
	}
	return all
}
