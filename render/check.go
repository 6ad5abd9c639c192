package render

import (
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// checker looks at one resource and collects what the gateway would refuse.
type checker struct {
	key    gateway.Key
	origin *gateway.Origin
	faults diag.List
}

// check returns the faults of one body.
func check(key gateway.Key, spec map[string]any, origin *gateway.Origin) diag.List {
	c := checker{key: key, origin: origin}
	if fieldsOf[key.Kind] == nil {
		return nil
	}
	c.fields(spec, key.Kind, nil)
	c.required(spec)
	c.labels(spec)
	c.methods(spec)
	if inline, ok := spec["upstream"].(map[string]any); ok && fieldsOf[key.Kind]["upstream"] == object {
		c.fields(inline, gateway.Upstreams, gateway.Path{gateway.Field("upstream")})
	}
	return c.faults
}

func (c *checker) fault(at gateway.Path, code, hint, format string, args ...any) {
	c.faults.Add(diag.Errorf(c.origin.Place(at), code, format, args...).WithHint("%s", hint))
}

// fields checks the names and shapes of the fields of a body, which stands at a path of the resource.
func (c *checker) fields(body map[string]any, kind gateway.Kind, at gateway.Path) {
	known := fieldsOf[kind]
	for field, value := range body {
		path := at.With(gateway.Field(field))
		want, ok := known[field]
		switch {
		case field == "create_time" || field == "update_time":
			c.fault(path, "forbidden-field", "remove it: the gateway sets it itself", "%s can't hold %s", c.key, path)
		case !ok:
			names := slices.Sorted(maps.Keys(known))
			hint := diag.DidYouMean(field, names, "the fields are "+strings.Join(names, ", "))
			c.fault(path, "unknown-field", hint, "%s has no field %q", kindText(c.key, at), path.String())
		case !fits(value, want):
			c.fault(path, "wrong-type", shapeHints[want], "%s of %s must be %s", path, c.key, want)
		default:
			c.choice(string(kind)+"."+field, value, path)
		}
	}
	if timeout, ok := body["timeout"].(map[string]any); ok {
		c.timeout(timeout, at.With(gateway.Field("timeout")))
	}
}

func kindText(key gateway.Key, at gateway.Path) string {
	if len(at) > 0 {
		return "the " + at.String() + " of " + key.String()
	}
	return key.String()
}

func (c *checker) choice(field string, value any, path gateway.Path) {
	allowed, ok := choices[field]
	word, isText := value.(string)
	if !ok || !isText || slices.Contains(allowed, word) {
		return
	}
	hint := diag.DidYouMean(word, allowed, "write one of "+strings.Join(allowed, ", "))
	c.fault(path, "wrong-value", hint, "%s of %s can't be %q", path, c.key, word)
}

func (c *checker) timeout(timeout map[string]any, at gateway.Path) {
	for _, part := range []string{"connect", "send", "read"} {
		value, ok := timeout[part]
		if !ok {
			c.fault(at, "missing-field", "write timeout: {connect: 6, send: 6, read: 6}", "%s of %s needs %s", at, c.key, part)
		} else if !fits(value, number) {
			path := at.With(gateway.Field(part))
			c.fault(path, "wrong-type", "give seconds", "%s of %s must be a number", path, c.key)
		}
	}
}

func (c *checker) methods(spec map[string]any) {
	list, _ := spec["methods"].([]any)
	for i, item := range list {
		word, _ := item.(string)
		if !slices.Contains(methods, word) {
			path := gateway.Path{gateway.Field("methods"), gateway.Item(i)}
			hint := diag.DidYouMean(strings.ToUpper(word), methods, "write one of "+strings.Join(methods, ", "))
			c.fault(path, "wrong-value", hint, "%s of %s is no HTTP method", path, c.key)
		}
	}
}

// labels checks what the gateway takes as a label, and keeps the mark of ownership to Sluice.
func (c *checker) labels(spec map[string]any) {
	labels, _ := spec["labels"].(map[string]any)
	for label, value := range labels {
		path := gateway.Path{gateway.Field("labels"), gateway.Field(label)}
		word, ok := value.(string)
		switch {
		case !ok || word == "" || len(word) > 256 || strings.ContainsAny(word, " \t\n\r\f\v"):
			c.fault(path, "wrong-value", "quote numbers; join words with hyphens",
				"%s of %s must be text of 1 to 256 characters without spaces", path, c.key)
		case label == gateway.ManagedBy && word != gateway.ManagedBySluice:
			c.fault(path, "reserved-label", "remove it: Sluice sets it on what it owns", "the label %q is Sluice's own", label)
		}
	}
}
