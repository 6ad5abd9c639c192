package openapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/openapi"
)

// many is a document of so many operations, half of them with parameters.
func many(operations int) string {
	var b strings.Builder
	b.WriteString("openapi: 3.1.0\ncomponents: {parameters: {id: {name: id, in: path, schema: {type: integer}}}}\npaths:\n")
	for i := range operations / 2 {
		fmt.Fprintf(&b, "  /things%d/{id}/parts:\n    parameters: [{$ref: '#/components/parameters/id'}]\n", i)
		fmt.Fprintf(&b, "    get: {operationId: get%d, summary: Reads a thing, tags: [things]}\n    put: {operationId: put%d}\n", i, i)
	}
	return b.String()
}

// TestTenThousandOperations are read from more than a fragment may hold, and become files that are fragments.
func TestTenThousandOperations(t *testing.T) {
	padding := "# " + strings.Repeat("-", 1<<20)
	layer, faults := imported("many.yaml", many(10_000)+padding, openapi.Options{Service: "many"})
	if faults.HasErrors() || layer.Routes() != 10_000 {
		t.Fatalf("%d routes, %v", layer.Routes(), faults)
	}
	files := layer.Files()
	if len(files) < 2 {
		t.Errorf("%d files", len(files))
	}
	for name, data := range files {
		if len(data) > 1<<20 || !openapi.Made(name) || !openapi.Untouched(data) {
			t.Errorf("%s has %d bytes", name, len(data))
		}
	}
}

// TestManyOperationsKeepTheirContract holds a thousand operations against a thousand routes.
func TestManyOperationsKeepTheirContract(t *testing.T) {
	text := many(1_000)
	layer, _ := imported("many.yaml", text, openapi.Options{Service: "many"})
	state := rendered(t, layer, "many")
	contracts, faults := openapi.LoadContracts(fstest.MapFS{
		"contracts/many.yaml": &fstest.MapFile{Data: []byte("openapi: many.yaml\nservice: many\n")},
		"many.yaml":           &fstest.MapFile{Data: []byte(text)},
	})
	faults.Add(contracts.Check("prod", state)...)
	if len(state) != 1_002 || len(faults) > 0 {
		t.Errorf("%d resources, %v", len(state), faults[:min(3, len(faults))])
	}
}

// BenchmarkImport reads and imports 10,000 operations.
func BenchmarkImport(b *testing.B) {
	text := many(10_000)
	for b.Loop() {
		layer, _ := imported("many.yaml", text, openapi.Options{Service: "many"})
		layer.Files()
	}
}

// TestHostileDocuments end in a fault, soon.
func TestHostileDocuments(t *testing.T) {
	head := "openapi: 3.0.0\npaths:\n"
	var bomb, chain strings.Builder
	bomb.WriteString("openapi: 3.0.0\na0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := range 20 {
		fmt.Fprintf(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i, i)
	}
	for i := range 40 {
		fmt.Fprintf(&chain, "  /p%d: {$ref: '#/paths/~1p%d'}\n", i, i+1)
	}
	for name, test := range map[string]struct{ text, code string }{
		"too large":          {strings.Repeat("#", openapi.MaxSize+1), "openapi-unreadable"},
		"too deep":           {head + "  /a: " + strings.Repeat("[", 200) + strings.Repeat("]", 200), "too-deep"},
		"alias bomb":         {bomb.String(), "alias-bomb"},
		"alias cycle":        {"openapi: 3.0.0\npaths: &p {/a: *p}\n", "alias-cycle"},
		"long chain":         {head + chain.String(), "openapi-reference"},
		"itself":             {head + "  /a: {$ref: '#/paths/~1a'}\n", "openapi-reference"},
		"the whole":          {head + "  /a: {$ref: '#'}\n", "openapi-unreadable"},
		"long path":          {head + "  ? /" + strings.Repeat("a", 3000) + "\n  : {get: {}}\n", "openapi-path"},
		"not a map":          {"[]", "openapi-unreadable"},
		"a word":             {"x", "openapi-unreadable"},
		"empty":              {"", "openapi-unreadable"},
		"null paths":         {"openapi: 3.0.0\npaths:\n", "openapi-unreadable"},
		"security":           {head + "  /a: {get: {security: {key: []}}}\n", "openapi-unreadable"},
		"a word in security": {head + "  /a: {get: {security: [key]}}\n", "openapi-unreadable"},
		"a word as path":     {head + "  /a: {get: {}}\n  /b: get\n", "openapi-unreadable"},
		"twice":              {head + "  /a: {get: {}}\n  /a: {put: {}}\n", "duplicate-key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults := imported("x.yaml", test.text, openapi.Options{Service: "x"})
			if !slices.ContainsFunc(faults, func(d diag.Diagnostic) bool { return d.Code == test.code && d.Severity == diag.Error }) {
				t.Errorf("want %s, got %.300q", test.code, fmt.Sprint(faults))
			}
		})
	}
}

// TestOptions refuses what can't be meant.
func TestOptions(t *testing.T) {
	for name, test := range map[string]struct {
		o    openapi.Options
		want bool
	}{
		"plain":        {openapi.Options{Service: "user-api.v1"}, true},
		"no name":      {openapi.Options{}, false},
		"a path":       {openapi.Options{Service: "../user"}, false},
		"dots":         {openapi.Options{Service: ".."}, false},
		"long":         {openapi.Options{Service: strings.Repeat("a", 41)}, false},
		"way":          {openapi.Options{Service: "a", Params: "stars"}, false},
		"host alone":   {openapi.Options{Service: "a", Upstream: "users"}, false},
		"no port":      {openapi.Options{Service: "a", Upstream: "users:"}, false},
		"large port":   {openapi.Options{Service: "a", Upstream: "users:99999"}, false},
		"other scheme": {openapi.Options{Service: "a", Upstream: "ftp://users:21"}, false},
		"https":        {openapi.Options{Service: "a", Upstream: "https://users:443"}, true},
		"IPv6":         {openapi.Options{Service: "a", Upstream: "[::1]:80"}, true},
		"reference":    {openapi.Options{Service: "a", Upstream: "${vars.users}"}, true},
	} {
		if err := test.o.Check(); (err == nil) != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRead reads anything: it ends, and what it calls good becomes a layer whose files are fragments.
func FuzzRead(f *testing.F) {
	f.Add("openapi: 3.0.0\npaths: {/a/{b}: {get: {operationId: x, security: [{k: []}]}}}\ncomponents: {securitySchemes: {k: {type: apiKey, in: query, name: k}}}\n")
	f.Add(`{"openapi": "3.1.0", "servers": [{"url": "https://{a}/b"}], "paths": {"/a/{b+}": {"$ref": "#/paths/~1c"}, "/c": {"get": {}}}}`)
	f.Add("openapi: 3.2.0\nx-sluice-plugins: {a: \"b\\n\\u0001\"}\npaths: {/%2F*{a}{b}: {trace: {tags: [a, 1, null]}, parameters: [{in: path}]}}\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, params := range []openapi.Params{openapi.ParamsVars, openapi.ParamsPrefix, openapi.ParamsColon} {
			layer, faults := imported("fuzz", text, openapi.Options{Service: "fuzz", Params: params})
			for _, fault := range faults {
				if fault.Code == "" || fault.Hint == "" || fault.Pos.File != "fuzz" {
					t.Errorf("incomplete fault: %#v", fault)
				}
			}
			if faults.HasErrors() {
				return
			}
			files := layer.Files()
			if differences, faults := openapi.Compare(files, files); len(differences) > 0 || faults.HasErrors() {
				t.Fatalf("%v %v", differences, faults)
			}
			if differences, _ := openapi.Compare(nil, files); len(differences) != layer.Routes()+2 {
				t.Fatalf("%d resources of %d routes", len(differences), layer.Routes())
			}
		}
	})
}
