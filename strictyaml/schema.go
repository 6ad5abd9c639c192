package strictyaml

import (
	"reflect"
	"slices"
	"strings"
)

// Schema returns the JSON Schema (draft-07) of what Decode takes into a struct like of, with what keys say of each key. A value that
// is decoded as it is has the schema that its key says; one that has none may be anything. Null counts as absent everywhere, as it
// does for Decode.
func Schema(of any, keys Keys) map[string]any {
	w := schemaWriter{keys: keys}
	return w.structure(reflect.TypeOf(of), "")
}

// Unexplained lists the keys that Decode takes into a struct like of and of which keys say nothing. A key that only holds others needs
// no words when those have some.
func Unexplained(of any, keys Keys) []string {
	w := schemaWriter{keys: keys}
	w.structure(reflect.TypeOf(of), "")
	return slices.DeleteFunc(w.paths, func(path string) bool {
		return slices.ContainsFunc(keys, func(key Key) bool {
			rest, below := strings.CutPrefix(key.Path, path)
			return below && key.Meaning != "" && (rest == "" || rest[0] == '.' || rest[0] == '[')
		})
	})
}

// Unknown lists the keys of which keys speak, and which Decode does not take into a struct like of.
func Unknown(of any, keys Keys) []string {
	w := schemaWriter{keys: keys}
	w.structure(reflect.TypeOf(of), "")
	var unknown []string
	for _, key := range keys {
		if !slices.Contains(w.paths, key.Path) {
			unknown = append(unknown, key.Path)
		}
	}
	return unknown
}

type schemaWriter struct {
	keys  Keys
	paths []string
}

// value returns the schema of a value at a path, of this Go type.
func (w *schemaWriter) value(t reflect.Type, path string) map[string]any {
	if said := w.keys.at(path).Schema; said != nil {
		w.inside(t, path)
		return said
	}
	switch {
	case t == nodeType:
		return map[string]any{}
	case t == durationType:
		return map[string]any{"type": "string", "pattern": `^[-+]?([0-9.]+(ns|us|µs|μs|ms|s|m|h))+$|^[-+]?0$`}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return w.value(t.Elem(), path)
	case reflect.Struct:
		return w.structure(t, path)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": nullable(w.value(t.Elem(), path+"[]"))}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": nullable(w.value(t.Elem(), under(path, "NAME")))}
	}
	return map[string]any{"type": plainType(t)}
}

// inside walks on for the paths alone.
func (w *schemaWriter) inside(t reflect.Type, path string) {
	for t.Kind() == reflect.Pointer && t != nodeType {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct {
		w.structure(t, path)
	}
}

func plainType(t reflect.Type) string {
	v := reflect.Zero(t)
	switch {
	case t.Kind() == reflect.Bool:
		return "boolean"
	case v.CanInt():
		return "integer"
	case v.CanFloat():
		return "number"
	}
	return "string"
}

// structure returns the schema of a map whose keys are the tags of a struct.
func (w *schemaWriter) structure(t reflect.Type, path string) map[string]any {
	properties, required := map[string]any{}, []any{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		at := under(path, name)
		w.paths = append(w.paths, at)
		said := w.keys.at(at)
		property := nullable(w.value(t.Field(i).Type, at))
		if said.Meaning != "" {
			property["description"] = description(said)
		}
		if properties[name] = property; said.Default == "required" {
			required = append(required, name)
		}
	}
	schema := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

func under(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

func description(k Key) string {
	switch k.Default {
	case "", "required":
		return k.Meaning
	}
	return k.Meaning + ". Default: " + k.Default
}

// nullable returns a copy of a schema that takes null as well.
func nullable(schema map[string]any) map[string]any {
	out := map[string]any{}
	for word, value := range schema {
		out[word] = value
	}
	if one, ok := out["type"].(string); ok {
		out["type"] = []any{one, "null"}
	}
	if choices, ok := out["enum"].([]any); ok {
		out["enum"] = append(choices[:len(choices):len(choices)], nil)
	}
	if choices, ok := out["anyOf"].([]any); ok {
		out["anyOf"] = append(choices[:len(choices):len(choices)], map[string]any{"type": "null"})
	}
	return out
}
