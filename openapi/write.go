package openapi

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/strictyaml"
)

// widest is how long a line may be that holds a map or a list.
const widest = 110

// order is that of the fields that people write first; plugins stand last.
var order = []string{"name", "desc", "labels", "uri", "hosts", "methods", "priority", "vars", "service_id", "upstream_id", "scheme", "pass_host", "nodes"}

func inOrder(m map[string]any) []string {
	rank := func(field string) int {
		if i := slices.Index(order, field); i >= 0 {
			return i
		}
		return len(order)
	}
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
}

// resourceText writes a resource below its kind.
func resourceText(id string, spec map[string]any) []byte {
	var b bytes.Buffer
	b.WriteString("  " + quoted(id) + ":\n")
	for _, field := range inOrder(spec) {
		writeValue(&b, 4, quoted(field)+":", spec[field], field == "plugins")
	}
	return b.Bytes()
}

// writeValue writes what stands behind head, which is a key or a dash. Apart gives each field of a map a line.
func writeValue(b *bytes.Buffer, indent int, head string, v any, apart bool) {
	margin := strings.Repeat(" ", indent)
	text := flow(v)
	m, isMap := v.(map[string]any)
	list, isList := v.([]any)
	fits := indent+len(head)+len(text) < widest && !apart
	switch {
	case isMap && len(m) > 0 && !fits:
		b.WriteString(margin + head + "\n")
		for _, field := range inOrder(m) {
			writeValue(b, indent+2, quoted(field)+":", m[field], false)
		}
	case isList && len(list) > 0 && !fits:
		b.WriteString(margin + head + "\n")
		for _, item := range list {
			b.WriteString(margin + "  - " + flow(item) + "\n")
		}
	default:
		b.WriteString(margin + head + " " + text + "\n")
	}
}

// flow writes a value on one line.
func flow(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var parts []string
		for _, field := range inOrder(v) {
			parts = append(parts, quoted(field)+": "+flow(v[field]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, flow(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case raw:
		return quoted(string(v))
	case string:
		return quoted(strings.ReplaceAll(v, "${", "$${"))
	}
	return encoded(v)
}

// quoted writes a text on one line, with quotes where it needs them.
func quoted(text string) string {
	switch {
	case slices.Contains(order, text): // most keys are, and need no look
		return text
	case strings.Contains(text, "\n"):
		return strconv.Quote(text)
	}
	return encoded(text)
}

// encoded writes a single value. Texts, numbers, booleans and null always encode.
func encoded(v any) string {
	var b bytes.Buffer
	_ = strictyaml.Encode(&b, v)
	return strings.TrimSuffix(b.String(), "\n")
}
