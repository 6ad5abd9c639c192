package openapi

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// MaxSize is the size of the largest document that Read takes, in bytes.
const MaxSize = 16 << 20

const maxOperations = 50_000

// Read reads a document of OpenAPI 3.0, 3.1 or 3.2, in YAML or JSON. File is the name that places carry. With a fault of severity
// Error the document is not whole, and must not be used; warnings tell what has no counterpart.
func Read(file string, data []byte) (Document, diag.List) {
	root, faults := parse(file, data)
	if faults.HasErrors() {
		return Document{}, faults
	}
	r := &reader{root: root, pointers: map[string]*strictyaml.Node{}, index: map[*strictyaml.Node]map[string]*strictyaml.Node{},
		doubtful: map[diag.Pos]diag.Diagnostic{}}
	for _, fault := range faults {
		r.doubtful[fault.Pos] = fault
	}
	doc := r.document(file)
	return doc, r.faults
}

// reader reads one document and collects its faults.
type reader struct {
	root     *strictyaml.Node
	pointers map[string]*strictyaml.Node                      // what internal references lead to
	index    map[*strictyaml.Node]map[string]*strictyaml.Node // of maps that references go through
	doubtful map[diag.Pos]diag.Diagnostic                     // values that were not read for sure: faults only where they are used
	security []requirement                                    // what holds for operations that say nothing
	faults   diag.List
}

// parse reads the text. What is wrong with a single value, as a number that fits nowhere, stops nothing: it mostly stands in a schema
// or an example. It is returned as a warning.
func parse(file string, data []byte) (*strictyaml.Node, diag.List) {
	if len(data) > MaxSize {
		return nil, diag.List{diag.Errorf(diag.Pos{File: file}, "openapi-unreadable", "the document has %d bytes, more than 16 MiB", len(data)).
			WithHint("split it into several documents")}
	}
	root, faults := strictyaml.ParseLarge(MaxSize, file, plainJSON(data))
	for i, fault := range faults {
		if slices.Contains([]string{"number-too-large", "not-finite", "ambiguous-number", "unknown-tag", "misplaced-tag"}, fault.Code) {
			faults[i].Severity = diag.Warning
		}
	}
	if root == nil && !faults.HasErrors() {
		faults.Add(diag.Errorf(diag.Pos{File: file}, "openapi-unreadable", "the document is empty").WithHint("name an OpenAPI document"))
	}
	return root, faults
}

func (r *reader) document(file string) Document {
	doc := Document{File: file}
	if !r.known() {
		return doc
	}
	info := r.root.Get("info")
	doc.Title, doc.Version = line(text(info.Get("title"))), line(text(info.Get("version")))
	doc.servers = servers(r.root.Get("servers"))
	doc.schemes = r.schemes()
	doc.plugins = r.extensions(r.root, "x-sluice-plugins").plugins
	r.security = r.requirements(r.root.Get("security"))
	paths := r.root.Get("paths")
	if paths == nil || paths.Kind != strictyaml.Map {
		r.unreadable(r.root.Pos, "write the operations below paths:", "the document has no paths")
		return doc
	}
	doc.pos = paths.Pos
	for _, field := range paths.Fields {
		if !strings.HasPrefix(field.Key, "x-") {
			doc.Operations = append(doc.Operations, r.path(field)...)
		}
	}
	doc.Operations = r.distinct(doc.Operations)
	return doc
}

var version = regexp.MustCompile(`^3\.[0-2](\.|$)`)

// known refuses what is no document of OpenAPI 3.
func (r *reader) known() bool {
	if r.root.Kind != strictyaml.Map {
		r.unreadable(r.root.Pos, "name an OpenAPI document", "the document must be a map, not %s", r.root.Kind)
		return false
	}
	if old := r.root.Get("swagger"); old != nil {
		r.unreadable(old.Pos, "convert it to OpenAPI 3 first, with swagger2openapi or in the Swagger Editor",
			"this is a document of Swagger %s, and only OpenAPI 3 is read", line(text(old)))
		return false
	}
	said := r.root.Get("openapi")
	if said == nil {
		r.unreadable(r.root.Pos, `write openapi: "3.1.0" at its top if it is one`, "this is no OpenAPI document: it does not say openapi")
		return false
	}
	if !version.MatchString(text(said)) {
		r.unreadable(said.Pos, "convert it to OpenAPI 3.0 or 3.1", "OpenAPI %q is not known", text(said))
		return false
	}
	return true
}

func (r *reader) unreadable(pos diag.Pos, hint, format string, args ...any) {
	r.faults.Add(diag.Errorf(pos, "openapi-unreadable", format, args...).WithHint("%s", hint))
}

// distinct puts the operations in order of path and method, and refuses those that take the same requests.
func (r *reader) distinct(operations []Operation) []Operation {
	if len(operations) > maxOperations {
		r.unreadable(operations[maxOperations].Pos, "split the document", "the document has more than %d operations", maxOperations)
	}
	slices.SortFunc(operations, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(methodOrder(a.Method), methodOrder(b.Method)))
	})
	first := map[string]Operation{}
	for _, o := range operations {
		key := o.Method + " " + o.template.pattern()
		if other, twice := first[key]; twice {
			r.faults.Add(diag.Errorf(o.Pos, "openapi-duplicate", "%s takes the same requests as %s", o.Name(), other.Name()).
				WithHint("remove one of the two, or write x-sluice-skip: true below it").WithAlso(other.Pos, "the other is at"))
			continue
		}
		first[key] = o
	}
	return operations
}

// text returns a single value as it is written; "" for everything else. It is safe on nil.
func text(n *strictyaml.Node) string {
	if n == nil || n.Kind != strictyaml.Scalar || n.Value == nil {
		return ""
	}
	return n.Text
}
