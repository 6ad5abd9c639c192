package sluice_test

import (
	"flag"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/environments/sample"
	"github.com/sluice-gitops/sluice/gateway/schema"
	"github.com/sluice-gitops/sluice/policy"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/strictyaml"
)

var updateTables = flag.Bool("update", false, "rewrite the tables of keys in docs/")

var keyTable = regexp.MustCompile(`(?s)<!-- keys: (\w+) -->\n\n(.*?)\n\n`)

// TestKeyTables holds the reference tables of the documents to what the program says of its keys, which the schemas for editors are
// made of as well.
func TestKeyTables(t *testing.T) {
	tables := map[string]strictyaml.Keys{
		"root": environments.RootKeys(), "environment": environments.Keys(), "policies": policy.Keys(), "daemon": settings.Keys(),
	}
	seen := map[string]bool{}
	for _, file := range []string{"docs/config.md", "docs/policies.md"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := keyTable.ReplaceAllStringFunc(string(data), func(block string) string {
			name := keyTable.FindStringSubmatch(block)[1]
			seen[name] = true
			return "<!-- keys: " + name + " -->\n\n" + tables[name].Table() + "\n"
		})
		if text == string(data) {
			continue
		}
		if !*updateTables {
			t.Errorf("%s differs from the keys of the program: go test . -run TestKeyTables -update", file)
		} else if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name := range tables {
		if !seen[name] {
			t.Errorf("no document has the table of keys %q", name)
		}
	}
}

// schemas compiles the schemas for editors, by the name of the file that they are for.
func schemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	compiled := map[string]*jsonschema.Schema{}
	for name, described := range map[string]map[string]any{
		"root": environments.RootSchema(), "environment": environments.Schema(), "policies": policy.Schema(),
		"daemon": settings.Schema(), "fragment": render.FragmentSchema(schema.Core()),
	} {
		described["$schema"] = "http://json-schema.org/draft-07/schema#"
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource(name+".json", plainJSON(described)); err != nil {
			t.Fatal(err)
		}
		made, err := compiler.Compile(name + ".json")
		if err != nil {
			t.Fatalf("the schema %s is none: %v", name, err)
		}
		compiled[name] = made
	}
	return compiled
}

// plainJSON makes whole numbers what a reader of JSON makes of them.
func plainJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			out[key] = plainJSON(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = plainJSON(value)
		}
		return out
	case int:
		return float64(v)
	case int64:
		return float64(v)
	}
	return v
}

// schemaOf names the schema of a file of a config repo; "" for files without one.
func schemaOf(repo fs.FS, file string) string {
	switch dir := path.Dir(file); {
	case path.Ext(file) != ".yaml" || strings.HasPrefix(file, "schemas/"):
		return ""
	case file == "sluice.yaml":
		return "root"
	case path.Base(file) == "environment.yaml" && path.Dir(dir) == "environments":
		return "environment"
	case strings.HasPrefix(file, "policies/"):
		return "policies"
	}
	return "fragment"
}

// plainNode is what an editor makes of a node, in which a tag says nothing of the value.
func plainNode(n *strictyaml.Node) any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case strictyaml.Map:
		m := map[string]any{}
		for _, field := range n.Fields {
			m[field.Key] = plainNode(field.Value)
		}
		return m
	case strictyaml.List:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, plainNode(item))
		}
		return list
	}
	return n.Value
}

// refusedFiles are the files of a config repo that their schemas refuse. What can't be read as YAML is left out.
func refusedFiles(t *testing.T, compiled map[string]*jsonschema.Schema, repo fs.FS) map[string]error {
	t.Helper()
	refused := map[string]error{}
	err := fs.WalkDir(repo, ".", func(file string, entry fs.DirEntry, err error) error {
		name := schemaOf(repo, file)
		if err != nil || name == "" || !entry.Type().IsRegular() {
			return err
		}
		data, err := fs.ReadFile(repo, file)
		if err != nil {
			return err
		}
		node, faults := strictyaml.Parse(file, data)
		if node == nil || faults.HasErrors() {
			return nil
		}
		if err := compiled[name].Validate(plainJSON(plainNode(node))); err != nil {
			refused[file] = err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return refused
}

// TestSchemasTakeWhatIsRight holds the sample, the examples of the documents and of the ready-made policies against the schemas.
func TestSchemasTakeWhatIsRight(t *testing.T) {
	compiled := schemas(t)
	repos := map[string]fs.FS{"sample": sample.FS()}
	for _, e := range readExamples(t, "README.md", "docs/config.md") {
		switch e.marks[0] {
		case "repo":
			repo, ok := repos[e.marks[1]].(fstest.MapFS)
			if !ok {
				repo = fstest.MapFS{}
				repos[e.marks[1]] = repo
			}
			repo[e.marks[2]] = &fstest.MapFile{Data: []byte(e.text)}
		case "daemon":
			node, _ := strictyaml.Parse("daemon.yaml", []byte(e.text))
			if err := compiled["daemon"].Validate(plainJSON(plainNode(node))); err != nil {
				t.Errorf("%s: %v", e.where, err)
			}
		}
	}
	files, err := filepath.Glob("docs/policies/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no ready-made policies: %v", err)
	}
	ready := fstest.MapFS{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		ready["policies/"+filepath.Base(file)] = &fstest.MapFile{Data: data}
	}
	repos["ready-made policies"] = ready
	goldens, err := filepath.Glob("testdata/render/*.txtar")
	if err != nil || len(goldens) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, golden := range goldens {
		repos[golden] = repoOf(t, golden)
	}
	for name, repo := range repos {
		for file, err := range refusedFiles(t, compiled, repo) {
			t.Errorf("%s: %s: %v", name, file, err)
		}
	}
}

// repoOf makes a config repo of a golden, without what is wanted, what is no regular file, and other commits.
func repoOf(t *testing.T, golden string) fstest.MapFS {
	t.Helper()
	archive, err := txtar.ParseFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	repo := fstest.MapFS{}
	for _, file := range archive.Files {
		if file.Name != "want" && !strings.HasPrefix(file.Name, "want/") && !strings.HasPrefix(file.Name, "past/") &&
			!strings.Contains(file.Name, " ") {
			repo[file.Name] = &fstest.MapFile{Data: file.Data}
		}
	}
	return repo
}

// TestWhatASchemaRefusesIsAFault holds every fault golden against the schemas: an editor never marks what validate lets pass. And it
// does mark some of it.
func TestWhatASchemaRefusesIsAFault(t *testing.T) {
	compiled := schemas(t)
	goldens, err := filepath.Glob("testdata/faults/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var marked []string
	for _, golden := range goldens {
		refused := refusedFiles(t, compiled, repoOf(t, golden))
		if len(refused) == 0 {
			continue
		}
		marked = append(marked, strings.TrimSuffix(filepath.Base(golden), ".txtar"))
		archive, err := txtar.ParseFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		want := string(archive.Files[slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })].Data)
		for file, err := range refused {
			if !strings.Contains(want, file+":") {
				t.Errorf("%s: the schema refuses %s, and validate does not:\n%v\n%s", golden, file, err, want)
			}
		}
	}
	for _, code := range []string{"unknown-key", "unknown-field", "wrong-type", "wrong-value", "unknown-version", "policy-incomplete"} {
		if !slices.Contains(marked, code) {
			t.Errorf("an editor does not mark %q; it marks %v", code, marked)
		}
	}
}

// TestSchemasKnowDurations holds the pattern of durations to what the program reads.
func TestSchemasKnowDurations(t *testing.T) {
	daemon := schemas(t)["daemon"]
	for _, text := range []string{"30s", "1h30m", "1.5h", "0", "500ms", "+5s", ".5s", "1µs", "5", "s", "one minute", ""} {
		err := daemon.Validate(map[string]any{
			"repository": map[string]any{"url": "x", "poll": text}, "gatewayGroups": map[string]any{},
		})
		if _, wrong := time.ParseDuration(text); (err != nil) != (wrong != nil) {
			t.Errorf("%q: the schema says %v, the program %v", text, err, wrong)
		}
	}
}

// TestSchemasKnowPlugins makes the schema of fragments with what a gateway tells of its plugins.
func TestSchemasKnowPlugins(t *testing.T) {
	told, err := schema.New(schema.Set{Plugins: map[string]schema.Plugin{
		"limit-count": {Schema: map[string]any{
			"type": "object", "additionalProperties": false, "required": []any{"count"},
			"properties": map[string]any{"count": map[string]any{"type": "integer"}, "time_window": map[string]any{"type": "integer"}},
		}},
		"key-auth": {Type: "auth", Schema: map[string]any{"type": "object"}, Consumer: map[string]any{
			"type": "object", "properties": map[string]any{"key": map[string]any{"type": "string"}}, "required": []any{"key"},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	described := render.FragmentSchema(schema.Core(), told)
	described["$schema"] = "http://json-schema.org/draft-07/schema#"
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("fragment.json", plainJSON(described)); err != nil {
		t.Fatal(err)
	}
	fragment, err := compiler.Compile("fragment.json")
	if err != nil {
		t.Fatal(err)
	}
	for text, right := range map[string]bool{
		"routes: {a: {plugins: {limit-count: {count: 5, time_window: 60}}}}":                      true,
		"routes: {a: {plugins: {limit-count: {count: '${vars.count}', _meta: {disable: true}}}}}": true,
		"routes: {a: {plugins: {limit-count: {count: five}}}}":                                    false,
		"routes: {a: {plugins: {of-our-own: {any: thing}}}}":                                      true,
		"routes: {a: {plugins: {limit-count: !reset , cors: '${vars.cors}'}}}":                    true,
		"routes: {a: {methods: [GET, FETCH]}}":                                                    false,
		"consumers: {c: {credentials: {main: {plugins: {key-auth: {key: '${secret(k)}'}}}}}}":     true,
		"consumers: {c: {credentials: {main: {plugin: {}}}}}":                                     false,
	} {
		node, faults := strictyaml.Parse("a.yaml", []byte(text))
		if faults.HasErrors() {
			t.Fatal(faults)
		}
		if err := fragment.Validate(plainJSON(plainNode(node))); (err == nil) != right {
			t.Errorf("%s: right is %v, the schema says %v", text, right, err)
		}
	}
}
