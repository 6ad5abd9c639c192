package web_test

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/web"
	"github.com/sluice-gitops/sluice/web/problem"
)

// object is a part of a JSON document.
type object = map[string]any

// describer makes the OpenAPI document of routes from their table, and from the types of their answers with the comments on them.
type describer struct {
	t        *testing.T
	schemas  object
	names    map[reflect.Type]string
	comments map[string]map[string]string // by package and type: by field, and "" for the type itself
}

// TestOpenAPI holds openapi.json to the routes and the types: every route of the API, every parameter and every field stands in it.
func TestOpenAPI(t *testing.T) {
	document := describe(t, newRig(t, nil).handler.Routes())
	want, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("openapi.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got := newRig(t, nil).get("/api/v1/openapi.json")
	if diff := gocmp.Diff(string(want), got.Body.String()); diff != "" {
		t.Errorf("openapi.json is not what the code says: go test ./web -run TestOpenAPI -update (-want +got):\n%s", diff)
	}
}

func describe(t *testing.T, routes []web.Route) object {
	d := &describer{t: t, schemas: object{}, names: map[reflect.Type]string{}, comments: map[string]map[string]string{}}
	paths := object{}
	for _, route := range routes {
		method, at, _ := strings.Cut(route.Pattern, " ")
		if route.Doc == nil {
			if strings.HasPrefix(at, "/api/") {
				t.Errorf("%s is not described", route.Pattern)
			}
			continue
		}
		operations, _ := paths[at].(object)
		if operations == nil {
			operations = object{}
			paths[at] = operations
		}
		operations[strings.ToLower(method)] = d.operation(route, at)
	}
	refusal := object{"description": "Why the request was not met", "content": object{problem.ContentType: object{"schema": d.schema(reflect.TypeFor[problem.Problem]())}}}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Sluice", "version": "1",
			"description": "What a Sluice daemon knows, and the few acts by which people ask it for something. Fields may be added; none is taken away or changes its meaning.",
		},
		"servers":  []any{object{"url": "/"}},
		"security": []any{object{"token": []any{}}, object{"session": []any{}}, object{}},
		"paths":    paths,
		"components": object{
			"schemas": d.schemas, "responses": object{"Problem": refusal},
			"securitySchemes": object{
				"token":   object{"type": "http", "scheme": "bearer", "description": "A token of access.tokens or api.tokenFile"},
				"session": object{"type": "apiKey", "in": "cookie", "name": "__Host-sluice", "description": "A session that began with a login; sluice over plain HTTP. Acts must send the token of its forms as well"},
			},
		},
	}
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

func (d *describer) operation(route web.Route, at string) object {
	parameters := []any{}
	for _, name := range pathParameter.FindAllStringSubmatch(at, -1) {
		parameters = append(parameters, object{"name": name[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, p := range route.Doc.Query {
		schema := object{"type": p.Type}
		if p.Type == "date-time" {
			schema = object{"type": "string", "format": p.Type}
		}
		parameters = append(parameters, object{"name": p.Name, "in": "query", "description": p.Meaning, "schema": schema})
	}
	content := object{"text/event-stream": object{}}
	if route.Doc.Answer != nil {
		content = object{"application/json": object{"schema": d.schema(reflect.TypeOf(route.Doc.Answer))}}
	}
	operation := object{
		"summary": route.Doc.Summary, "parameters": parameters, "x-role": route.Needs.String(),
		"responses": object{"200": object{"description": "The answer", "content": content}, "default": object{"$ref": "#/components/responses/Problem"}},
	}
	if route.Doc.Body != nil {
		operation["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": d.schema(reflect.TypeOf(route.Doc.Body))}}}
	}
	return operation
}

func (d *describer) schema(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.schema(t.Elem())
	case reflect.Slice:
		return object{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": d.schema(t.Elem())}
	case reflect.Struct:
		return object{"$ref": "#/components/schemas/" + d.name(t)}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Interface:
		return object{}
	}
	d.t.Fatalf("%s has no schema", t)
	return nil
}

// name puts the schema of a struct among the schemas, and returns its name there: that of the type, with its package where it is not the
// only one.
func (d *describer) name(t reflect.Type) string {
	if name, known := d.names[t]; known {
		return name
	}
	name := t.Name()
	if d.schemas[name] != nil {
		name = strings.ToUpper(path.Base(t.PkgPath())[:1]) + path.Base(t.PkgPath())[1:] + name
	}
	d.names[t] = name
	d.schemas[name] = object{} // before its fields, which may hold it
	schema, properties, required := object{"type": "object"}, object{}, []any{}
	d.fields(t, properties, &required)
	if said := d.comment(t, ""); said != "" {
		schema["description"] = said
	}
	schema["properties"], schema["additionalProperties"] = properties, false
	if len(required) > 0 {
		schema["required"] = required
	}
	d.schemas[name] = schema
	return name
}

func (d *describer) fields(t reflect.Type, properties object, required *[]any) {
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && name == "":
			d.fields(field.Type, properties, required)
			continue
		case name == "-" || !field.IsExported():
			continue
		case name == "":
			d.t.Errorf("%s.%s has no json tag", t, field.Name)
		}
		schema := d.schema(field.Type)
		if said := d.comment(t, field.Name); said != "" {
			schema["description"] = said
		}
		properties[name] = schema
		if !strings.Contains(options, "omit") {
			*required = append(*required, name)
		}
	}
}

// comment returns what the source says of a field, or of the type itself.
func (d *describer) comment(t reflect.Type, field string) string {
	key := t.PkgPath() + "." + t.Name()
	if _, known := d.comments[key]; !known {
		d.comments[key] = map[string]string{}
		d.readComments(t.PkgPath())
	}
	return d.comments[key][field]
}

func (d *describer) readComments(pkg string) {
	dir := path.Join("..", strings.TrimPrefix(pkg, "github.com/sluice-gitops/sluice"))
	files, err := os.ReadDir(dir)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), path.Join(dir, file.Name()), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			d.t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if general, ok := n.(*ast.GenDecl); ok && general.Tok == token.TYPE {
				d.keepComments(pkg, general)
			}
			return true
		})
	}
}

func (d *describer) keepComments(pkg string, general *ast.GenDecl) {
	for _, spec := range general.Specs {
		spec := spec.(*ast.TypeSpec)
		structure, ok := spec.Type.(*ast.StructType)
		if !ok {
			continue
		}
		said := map[string]string{"": oneLine(cmp.Or(general.Doc, spec.Doc))}
		for _, field := range structure.Fields.List {
			for _, name := range field.Names {
				said[name.Name] = oneLine(cmp.Or(field.Doc, field.Comment))
			}
		}
		d.comments[pkg+"."+spec.Name.Name] = said
	}
}

func oneLine(comment *ast.CommentGroup) string {
	return strings.Join(strings.Fields(comment.Text()), " ")
}

// TestAnswersFitTheDocument validates each golden answer against the schema that openapi.json has for it.
func TestAnswersFitTheDocument(t *testing.T) {
	data, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("openapi.json", document); err != nil {
		t.Fatal(err)
	}
	archive, err := txtar.ParseFile("testdata/answers.txtar")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, route := range newRig(t, nil).handler.Routes() {
		mux.Handle(route.Pattern, http.NotFoundHandler())
	}
	for _, part := range archive.Files {
		req, err := http.NewRequest(http.MethodGet, part.Name, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, pattern := mux.Handler(req)
		text := part.Data
		if bytes.HasPrefix(text, []byte("Link: ")) {
			_, text, _ = bytes.Cut(text, []byte("\n"))
		}
		if bytes.HasPrefix(text, []byte("application/problem")) {
			continue
		}
		at := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(strings.TrimPrefix(pattern, "GET "))
		schema, err := compiler.Compile("openapi.json#/paths/" + at + "/get/responses/200/content/application~1json/schema")
		if err != nil {
			t.Fatalf("%s: %v", part.Name, err)
		}
		answer, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", part.Name, err)
		}
		if err := schema.Validate(answer); err != nil {
			t.Errorf("%s does not fit: %v", part.Name, err)
		}
	}
}
