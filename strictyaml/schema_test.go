package strictyaml_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// everything has one field of each type that Decode takes.
type everything struct {
	Pos    diag.Pos            `yaml:",pos"`
	Text   string              `yaml:"text"`
	Flag   bool                `yaml:"flag"`
	Count  *int                `yaml:"count"`
	Share  float64             `yaml:"share"`
	Wait   time.Duration       `yaml:"wait"`
	List   []string            `yaml:"list"`
	ByName map[string]inside   `yaml:"byName"`
	Inside inside              `yaml:"inside"`
	Raw    *strictyaml.Node    `yaml:"raw"`
	Many   map[string][]inside `yaml:"many"`
}

type inside struct {
	Text string `yaml:"text"`
}

func compiled(t testing.TB, described map[string]any) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(described)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	return compiler.MustCompile("schema.json")
}

// TestSchemaAgreesWithDecode holds that a schema takes a document exactly when Decode does.
func TestSchemaAgreesWithDecode(t *testing.T) {
	checked := compiled(t, strictyaml.Schema(everything{}, nil))
	keys := []string{"text", "flag", "count", "share", "wait", "list", "byName", "inside", "raw", "many", "other"}
	scalar := rapid.SampledFrom([]any{"a", "10s", "", true, 1.0, 2.5, nil})
	value := rapid.OneOf(scalar,
		rapid.Map(rapid.SliceOfN(scalar, 0, 2), func(list []any) any { return list }),
		rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"text", "b"}), scalar, 0, 2), func(m map[string]any) any { return m }),
		rapid.Map(scalar, func(v any) any { return map[string]any{"b": map[string]any{"text": v}} }),
		rapid.Map(scalar, func(v any) any { return map[string]any{"b": []any{map[string]any{"text": v}}} }))
	rapid.Check(t, func(t *rapid.T) {
		document := map[string]any{}
		for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 0, 3, rapid.ID).Draw(t, "keys") {
			document[key] = value.Draw(t, key)
		}
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		node, _ := strictyaml.Parse("x.yaml", text) // null is a fault to Parse and absent to Decode
		if node == nil {
			t.Skip("not read")
		}
		var into everything
		faults := strictyaml.Decode(node, &into)
		if err := checked.Validate(any(document)); (err != nil) != faults.HasErrors() {
			t.Fatalf("%s: the schema says %v, Decode says %v", text, err, faults)
		}
	})
}

func TestKeysSayMore(t *testing.T) {
	keys := strictyaml.Keys{
		{Path: "text", Meaning: "a | b", Default: "required"}, {Path: "inside.text", Meaning: "inner", Default: "`x`"},
		{Path: "raw", Schema: map[string]any{"enum": []any{"a"}}}, {Path: "nothing", Meaning: "x"},
	}
	got := strictyaml.Schema(everything{}, keys)
	if diff := cmp.Diff([]any{"text"}, got["required"]); diff != "" {
		t.Errorf("required (-want +got)\n%s", diff)
	}
	properties := got["properties"].(map[string]any)
	within := properties["inside"].(map[string]any)["properties"].(map[string]any)["text"]
	if diff := cmp.Diff(map[string]any{"type": []any{"string", "null"}, "description": "inner. Default: `x`"}, within); diff != "" {
		t.Errorf("inside.text (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"enum": []any{"a", nil}}, properties["raw"]); diff != "" {
		t.Errorf("raw (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"nothing"}, strictyaml.Unknown(everything{}, keys)); diff != "" {
		t.Errorf("unknown (-want +got)\n%s", diff)
	}
	want := strings.Fields("flag count share wait list byName byName.NAME.text raw many many.NAME[].text")
	if diff := cmp.Diff(want, strictyaml.Unexplained(everything{}, keys)); diff != "" {
		t.Errorf("unexplained (-want +got)\n%s", diff)
	}
	if table := keys[:1].Table(); !strings.Contains(table, "| `text` | a \\| b | required |\n") {
		t.Errorf("table: %s", table)
	}
}
