package importer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// writer writes fragments as people do: short values on one line, long ones below each other. What it writes is read by
// strictyaml, whose encoder writes the single values.
type writer struct {
	buf       bytes.Buffer
	resources int
	errs      []string
}

const (
	indentation = 2
	widest      = 110 // of a line that holds a list or a map
	deepest     = 3   // of the maps and lists within one line
	longestKey  = 1000
)

// resourceText writes one resource of a section.
func resourceText(id string, body any) *writer {
	w := &writer{}
	w.value(indentation, word(id)+":", body, false)
	return w
}

// section begins the resources of a kind.
func (w *writer) section(kind string) {
	if w.resources > 0 {
		w.buf.WriteByte('\n')
	}
	w.buf.WriteString(kind + ":\n")
}

// mebibyte is how much a file may hold.
const mebibyte = 1 << 20

// add appends a resource.
func (w *writer) add(name string, resource *writer) {
	w.buf.Write(resource.buf.Bytes())
	for _, text := range resource.errs {
		w.errs = append(w.errs, name+": "+text)
	}
	if size := resource.buf.Len(); size > mebibyte-1<<10 {
		w.errs = append(w.errs, fmt.Sprintf("%s takes %d bytes, and a file holds 1 MiB", name, size))
	}
	w.resources++
}

// faults says what could not be written into a file.
func (w *writer) faults(file string) diag.List {
	var faults diag.List
	for _, text := range w.errs {
		faults.Add(diag.Errorf(diag.Pos{File: file}, "not-imported", "%s", text).
			WithHint("the gateway holds what no fragment can say: change it there, or write the resource by hand"))
	}
	return faults
}

func (w *writer) field(indent int, key string, v any) {
	w.value(indent, word(key)+":", v, key != "plugins" && key != "credentials")
}

// value writes what stands behind head, which is a key or a dash. Inline lets a map or list stand on the same line.
func (w *writer) value(indent int, head string, v any, inline bool) {
	margin := strings.Repeat(" ", indent)
	if t, ok := v.(tagged); ok {
		head += " " + t.tag
		if t.value == nil {
			w.buf.WriteString(margin + head + "\n")
			return
		}
		v = t.value
		if text, isText := v.(string); isText {
			w.buf.WriteString(margin + head + " " + word(text) + "\n")
			return
		}
	}
	if len(head) > longestKey {
		w.fail(fmt.Errorf("the key %.40q… is too long for YAML", head))
		return
	}
	if text, ok := w.flow(v, deepest); ok && (short(v) || inline && indent+len(head)+len(text) < widest) {
		w.buf.WriteString(margin + head + " " + text + "\n")
		return
	}
	switch v := v.(type) {
	case map[string]any:
		w.buf.WriteString(margin + head + "\n")
		for _, field := range inOrder(v) {
			w.field(indent+indentation, field, v[field])
		}
	case []any:
		w.buf.WriteString(margin + head + "\n")
		for _, item := range v {
			w.item(indent+indentation, item)
		}
	default:
		w.scalar(margin, head, v)
	}
}

// short reports whether a value takes no room whatever it is: a single one, or nothing.
func short(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return true
}

// item writes an item of a list that has a line of its own.
func (w *writer) item(indent int, v any) {
	m, ok := v.(map[string]any)
	if text, flows := w.flow(v, deepest); !ok || len(m) == 0 || flows && indent+len(text) < widest {
		w.value(indent, "-", v, true)
		return
	}
	at := w.buf.Len()
	for _, field := range inOrder(m) {
		w.field(indent+indentation, field, m[field])
	}
	w.buf.Bytes()[at+indent] = '-' // the first field stands behind the dash
}

// scalar writes a single value; several lines become a block.
func (w *writer) scalar(margin, head string, v any) {
	text, ok := v.(string)
	if !ok || !strings.Contains(text, "\n") {
		w.buf.WriteString(margin + head + " " + w.word(v) + "\n")
		return
	}
	var b bytes.Buffer
	if err := strictyaml.Encode(&b, map[string]any{"x": escaped(text)}); err != nil {
		w.fail(err)
		return
	}
	for i, line := range slices.Collect(strings.Lines(b.String())) {
		if i == 0 {
			line = head + strings.TrimPrefix(line, "x:")
		}
		w.buf.WriteString(margin + line)
	}
}

// flow writes a value on one line, unless it is too deep or holds texts of several lines.
func (w *writer) flow(v any, depth int) (string, bool) {
	switch v := v.(type) {
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, field := range inOrder(v) {
			text, ok := w.flow(v[field], depth-1)
			if !ok {
				return "", false
			}
			parts = append(parts, word(field)+": "+text)
		}
		return "{" + strings.Join(parts, ", ") + "}", depth > 0 && len(v) <= 6
	case []any:
		parts := make([]string, 0, len(v))
		for _, item := range v {
			text, ok := w.flow(item, depth-1)
			if !ok {
				return "", false
			}
			parts = append(parts, text)
		}
		return "[" + strings.Join(parts, ", ") + "]", depth > 0
	case tagged:
		text, ok := "", true
		if v.value != nil {
			text, ok = w.flow(v.value, depth)
			text = " " + text
		}
		return v.tag + text, ok && v.value != nil // a bare tag in a flow map is hard to see
	case string:
		return word(v), !strings.Contains(v, "\n")
	}
	return w.word(v), true
}

func (w *writer) word(v any) string {
	if secret, ok := v.(gateway.Secret); ok {
		if secret.Ref() == "" {
			w.fail(fmt.Errorf("a secret without a name"))
		}
		return encoded(secret.Ref())
	}
	if text, ok := v.(string); ok {
		return word(text)
	}
	var b bytes.Buffer
	if err := strictyaml.Encode(&b, v); err != nil {
		w.fail(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (w *writer) fail(err error) { w.errs = append(w.errs, err.Error()) }

// word writes a text that is none of our references.
func word(text string) string { return encoded(escaped(text)) }

// encoded writes a text as one YAML word. A text always encodes.
func encoded(text string) string {
	var b bytes.Buffer
	_ = strictyaml.Encode(&b, text)
	return strings.TrimSuffix(b.String(), "\n")
}

// escaped keeps what looks like a reference of ours a text.
func escaped(text string) string { return strings.ReplaceAll(text, "${", "$${") }
