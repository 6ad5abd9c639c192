package openapi

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// methods are those that routes take, in the order in which they are written.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}

func methodOrder(method string) int { return slices.Index(methods, method) }

// path reads the operations of one path.
func (r *reader) path(field strictyaml.Field) []Operation {
	item, fault := r.resolve(field.Value)
	if fault != nil {
		r.faults.Add(fault.WithAlso(field.Pos, "for the path at"))
		return nil
	}
	if item.Kind != strictyaml.Map && !item.IsNull() {
		r.unreadable(item.Pos, "write its operations below it", "the path must be a map, not %s", item.Kind)
	}
	shared := r.extensions(item, "x-sluice-skip", "x-sluice-plugins", "x-sluice-priority")
	if shared.skip {
		return nil
	}
	r.besideReference(field.Value)
	r.overridden(item)
	var operations []Operation
	for _, below := range item.Fields {
		method := strings.ToUpper(below.Key)
		switch {
		case below.Key == "query" || below.Key == "additionalOperations":
			r.faults.Add(diag.Warningf(below.Pos, "openapi-left-out", "no route can take the methods of %s: they are left out", below.Key).
				WithHint("x-sluice-skip: true below the path leaves all of it out"))
		case methodOrder(method) >= 0 && below.Key == strings.ToLower(below.Key):
			operations = append(operations, r.operation(field, method, below, item, shared)...)
		}
	}
	return operations
}

// besideReference says when operations stand beside a reference, where OpenAPI gives them no meaning.
func (r *reader) besideReference(item *strictyaml.Node) {
	if item.Get("$ref") == nil {
		return
	}
	for _, field := range item.Fields {
		if methodOrder(strings.ToUpper(field.Key)) >= 0 {
			r.faults.Add(diag.Warningf(field.Pos, "openapi-left-out", "%s stands beside $ref and is left out", field.Key).
				WithHint("move it to where the reference leads"))
		}
	}
}

// overridden says when a path or an operation names servers of its own.
func (r *reader) overridden(n *strictyaml.Node) {
	if own := n.Get("servers"); own != nil {
		r.faults.Add(diag.Warningf(own.Pos, "openapi-server", "servers of a single path or operation are left out").
			WithHint("give the route an upstream of its own in a later layer"))
	}
}

// operation reads one operation: none when it is skipped or has a fault.
func (r *reader) operation(path strictyaml.Field, method string, field strictyaml.Field, item *strictyaml.Node, shared extensions) []Operation {
	n := field.Value
	if n.Kind != strictyaml.Map {
		r.unreadable(n.Pos, "write its fields below it", "the operation must be a map, not %s", n.Kind)
		return nil
	}
	own := r.extensions(n, "x-sluice-skip", "x-sluice-plugins", "x-sluice-priority")
	if own.skip {
		return nil
	}
	template, problem := parseTemplate(path.Key)
	if problem != "" {
		r.faults.Add(diag.Errorf(path.Pos, "openapi-path", "no route can take the path %q: %s", line(path.Key), problem).
			WithHint("correct it, or write x-sluice-skip: true below it"))
		return nil
	}
	r.overridden(n)
	o := Operation{Pos: field.Pos, Method: method, Path: path.Key, ID: line(text(n.Get("operationId"))), template: template,
		summary: summary(n, item), deprecated: text(n.Get("deprecated")) == "true", tags: texts(n.Get("tags")),
		extensions: own.over(shared), security: r.security, examples: r.examples(n, item)}
	if said := n.Get("security"); said != nil {
		o.security = r.requirements(said)
	}
	return []Operation{o}
}

// summary is the first thing that is said of an operation.
func summary(operation, path *strictyaml.Node) string {
	for _, said := range []string{text(operation.Get("summary")), text(operation.Get("description")), text(path.Get("summary"))} {
		first, _, _ := strings.Cut(strings.TrimSpace(said), "\n\n")
		if first = line(first); first != "" {
			return first
		}
	}
	return ""
}

// texts returns the single values of a list. It is safe on nil.
func texts(n *strictyaml.Node) []string {
	if n == nil {
		return nil
	}
	var all []string
	for _, item := range n.Items {
		if said := line(text(item)); said != "" {
			all = append(all, said)
		}
	}
	return all
}

// line returns a text on one line.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }
