package openapi

import (
	"slices"

	"github.com/sluice-gitops/sluice/strictyaml"
)

// examples returns a value for each parameter of the path that has one: its example, or the first of the values that it may have.
// A parameter that can't be read has none.
func (r *reader) examples(operation, path *strictyaml.Node) map[string]string {
	found := map[string]string{}
	for _, holder := range []*strictyaml.Node{path, operation} {
		list := holder.Get("parameters")
		if list == nil {
			continue
		}
		for _, item := range list.Items {
			parameter, fault := r.resolve(item)
			if fault != nil || text(parameter.Get("in")) != "path" {
				continue
			}
			if value := r.example(parameter); value != "" {
				found[text(parameter.Get("name"))] = value
			}
		}
	}
	return found
}

func (r *reader) example(parameter *strictyaml.Node) string {
	schema, fault := r.resolve(parameter.Get("schema"))
	if fault != nil {
		schema = nil
	}
	values := []string{text(parameter.Get("example")), text(schema.Get("example")), first(schema.Get("examples")), first(schema.Get("enum")),
		text(schema.Get("default"))}
	if format := text(schema.Get("format")); format == "date" || format == "date-time" {
		values = append(values, "2026-01-31")
	}
	if i := slices.IndexFunc(values, func(value string) bool { return value != "" }); i >= 0 {
		return values[i]
	}
	return ""
}

// first returns the first value of a list. It is safe on nil.
func first(n *strictyaml.Node) string {
	if n == nil || len(n.Items) == 0 {
		return ""
	}
	return text(n.Items[0])
}
