package openapi

import (
	"maps"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
)

// addRoutes adds a route for each operation.
func (l *Layer) addRoutes(doc Document, o Options) diag.List {
	base := doc.BasePath()
	templates := make([]template, len(doc.Operations))
	for i, operation := range doc.Operations {
		templates[i] = operation.template.below(base)
	}
	style := style{o.Params, priorities(templates, o.Params.group)}
	g := guard{layer: l, doc: doc}
	names := ids(l.service, doc.Operations)
	for i, operation := range doc.Operations {
		spec := style.match(templates[i], operation)
		spec["service_id"] = l.service
		describe(spec, operation)
		plugins := g.plugins(operation)
		if plugins == nil {
			plugins = map[string]any{}
		}
		maps.Copy(plugins, operation.extensions.plugins)
		if plugins = withoutNulls(plugins); len(plugins) > 0 {
			spec["plugins"] = plugins
		}
		l.routes = append(l.routes, route{names[i], spec})
	}
	if o.Params == ParamsPrefix {
		g.faults.Add(l.dropHidden(doc)...)
	}
	return g.faults
}

// describe adds what is there for people alone.
func describe(spec map[string]any, o Operation) {
	spec["name"] = cut(o.Name(), longestName)
	if o.ID != "" {
		spec["name"] = cut(o.ID, longestName)
	}
	if o.summary != "" {
		spec["desc"] = cut(o.summary, longestDesc)
	}
	if found := labels(o); len(found) > 0 {
		spec["labels"] = found
	}
}

// style writes what a route asks of a request.
type style struct {
	params     Params
	priorities map[string]int64 // by pattern
}

// group returns what a router finds the routes of a template by, "" for the path itself.
func (p Params) group(t template) string {
	prefix, exact := t.prefix()
	if exact {
		return ""
	}
	return prefix + "*"
}

func (s style) match(t template, o Operation) map[string]any {
	spec := map[string]any{"methods": []any{o.Method}}
	prefix, exact := t.prefix()
	colons, expressible := t.colons()
	switch {
	case exact:
		spec["uri"] = prefix
	case s.params == ParamsColon && expressible:
		spec["uri"] = colons
	default:
		spec["uri"] = prefix + "*"
		if s.params != ParamsPrefix {
			spec["vars"] = []any{[]any{"uri", "~~", t.pattern()}}
		}
	}
	if priority := s.priorities[t.pattern()]; priority != 0 {
		spec["priority"] = priority
	}
	if own := o.extensions.priority; own != nil {
		spec["priority"] = *own
	}
	return spec
}

// dropHidden leaves routes out that never get a request, since one of the same prefix and method takes all. Of those that would have to
// share, the one with the fewest literal segments stays: it is what the prefix was written for.
func (l *Layer) dropHidden(doc Document) diag.List {
	var faults diag.List
	stays := map[string]int{}
	for i, r := range l.routes {
		key := doc.Operations[i].Method + " " + r.spec["uri"].(string)
		if j, taken := stays[key]; !taken || priorityOf(r) < priorityOf(l.routes[j]) {
			stays[key] = i
		}
	}
	var kept []route
	for i, r := range l.routes {
		o := doc.Operations[i]
		stayed := stays[o.Method+" "+r.spec["uri"].(string)]
		if stayed == i || !strings.HasSuffix(r.spec["uri"].(string), "*") {
			kept = append(kept, r)
			continue
		}
		faults.Add(diag.Warningf(o.Pos, "openapi-left-out", "%s has no route of its own: routes/%s takes its requests", o.Name(), l.routes[stayed].id).
			WithHint("--params vars tells them apart; as it is they get the plugins of that route"))
	}
	l.routes = kept
	return faults
}

func priorityOf(r route) int64 {
	priority, _ := r.spec["priority"].(int64)
	return priority
}
