package openapi

import (
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// extensions are what a document says to Sluice alone.
type extensions struct {
	skip     bool
	priority *int64
	plugins  map[string]any // by name; nil takes a plugin away
}

// over returns what holds for an operation: its own word, else that of its path.
func (e extensions) over(path extensions) extensions {
	if e.priority == nil {
		e.priority = path.priority
	}
	plugins := maps.Clone(path.plugins)
	if plugins == nil {
		plugins = map[string]any{}
	}
	maps.Copy(plugins, e.plugins)
	e.plugins = plugins
	return e
}

// extensions reads x-sluice-… of a node. Others than the known ones are faults.
func (r *reader) extensions(n *strictyaml.Node, known ...string) extensions {
	var e extensions
	for _, field := range n.Fields {
		if !strings.HasPrefix(field.Key, "x-sluice-") {
			continue
		}
		switch value := field.Value; {
		case !slices.Contains(known, field.Key):
			r.badExtension(field.Pos, diag.DidYouMean(field.Key, known, "here stands "+strings.Join(known, ", ")), "%s means nothing here", field.Key)
		case field.Key == "x-sluice-skip":
			skip, ok := value.Value.(bool)
			if e.skip = skip; !ok {
				r.badExtension(value.Pos, "write true or false", "x-sluice-skip must be true or false")
			}
		case field.Key == "x-sluice-priority":
			priority, ok := value.Value.(int64)
			if e.priority = &priority; !ok {
				r.badExtension(value.Pos, "write a number without quotes", "x-sluice-priority must be a whole number")
			}
		case value.Kind != strictyaml.Map:
			r.badExtension(value.Pos, "write x-sluice-plugins: {limit-count: {…}}", "x-sluice-plugins must be a map of plugins")
		default:
			e.plugins, _ = r.plain(value).(map[string]any)
		}
	}
	return e
}

func (r *reader) badExtension(pos diag.Pos, hint, format string, args ...any) {
	r.faults.Add(diag.Errorf(pos, "openapi-extension", format, args...).WithHint("%s", hint))
}

// plain returns the values of a node. Texts are written into the layer as they are, references and all.
func (r *reader) plain(n *strictyaml.Node) any {
	if doubt, ok := r.doubtful[n.Pos]; ok && n.Kind == strictyaml.Scalar {
		r.badExtension(n.Pos, doubt.Hint, "%s", doubt.What)
	}
	if n.Tag != "" {
		r.badExtension(n.Pos, "tags belong into fragments", "the tag %s means nothing here", n.Tag)
	}
	switch n.Kind {
	case strictyaml.Map:
		m := make(map[string]any, len(n.Fields))
		for _, field := range n.Fields {
			m[field.Key] = r.plain(field.Value)
		}
		return m
	case strictyaml.List:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = r.plain(item)
		}
		return list
	}
	if said, ok := n.Value.(string); ok {
		return raw(said)
	}
	return n.Value
}
