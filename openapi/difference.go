package openapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// Difference is one resource that a layer gains, changes or loses.
type Difference struct {
	Op     string // "+", "~" or "-"
	Key    gateway.Key
	Title  string  // of a route, its methods and path; empty for other kinds
	Fields []Field // of "~", sorted by path
}

// Field is one field that differs. Old or New is nil where there is none.
type Field struct {
	Path     gateway.Path
	Old, New any
}

// Compare returns what files of one layer say otherwise than others, in order of kind and id. What can't be read is a fault: it is
// never taken for empty.
func Compare(before, after map[string][]byte) ([]Difference, diag.List) {
	old, faults := resources(before)
	wanted, more := resources(after)
	faults.Add(more...)
	if faults.HasErrors() {
		return nil, faults
	}
	var found []Difference
	for key, body := range wanted {
		if _, there := old[key]; !there {
			found = append(found, Difference{Op: "+", Key: key, Title: title(key, body)})
		} else if fields := differing(nil, old[key], body); len(fields) > 0 {
			found = append(found, Difference{Op: "~", Key: key, Title: title(key, body), Fields: fields})
		}
	}
	for key, body := range old {
		if _, stays := wanted[key]; !stays {
			found = append(found, Difference{Op: "-", Key: key, Title: title(key, body)})
		}
	}
	slices.SortFunc(found, func(a, b Difference) int { return a.Key.Compare(b.Key) })
	return found, faults
}

// resources reads the bodies of files, by kind and id.
func resources(files map[string][]byte) (map[gateway.Key]any, diag.List) {
	found := map[gateway.Key]any{}
	var faults diag.List
	for _, name := range slices.Sorted(maps.Keys(files)) {
		root, more := strictyaml.Parse(name, files[name])
		faults.Add(more...)
		if root == nil {
			continue
		}
		for _, section := range root.Fields {
			for _, entry := range section.Value.Fields {
				found[gateway.Key{Kind: gateway.Kind(section.Key), ID: entry.Key}] = written(entry.Value)
			}
		}
	}
	return found, faults
}

// written returns the values of a fragment as they stand there, references and tags included.
func written(n *strictyaml.Node) any {
	value := n.Value
	switch n.Kind {
	case strictyaml.Map:
		m := make(map[string]any, len(n.Fields))
		for _, field := range n.Fields {
			m[field.Key] = written(field.Value)
		}
		value = m
	case strictyaml.List:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = written(item)
		}
		value = list
	}
	if n.Tag != "" {
		return map[string]any{n.Tag: value}
	}
	return value
}

// differing returns the fields in which two values differ; maps are looked into.
func differing(path gateway.Path, old, wanted any) []Field {
	before, isMap := old.(map[string]any)
	after, both := wanted.(map[string]any)
	if !isMap || !both {
		if gateway.Equal(old, wanted) {
			return nil
		}
		return []Field{{slices.Clone(path), old, wanted}}
	}
	names := map[string]bool{}
	for name := range before {
		names[name] = true
	}
	for name := range after {
		names[name] = true
	}
	var fields []Field
	for _, name := range slices.Sorted(maps.Keys(names)) {
		fields = append(fields, differing(path.With(gateway.Field(name)), before[name], after[name])...)
	}
	return fields
}

// title says which requests a route takes.
func title(key gateway.Key, body any) string {
	spec, _ := body.(map[string]any)
	if key.Kind != gateway.Routes || spec["uri"] == nil {
		return ""
	}
	methods, _ := spec["methods"].([]any)
	var words []string
	for _, method := range methods {
		words = append(words, fmt.Sprint(method))
	}
	return strings.TrimSpace(strings.Join(words, ",") + " " + line(fmt.Sprint(spec["uri"])))
}
