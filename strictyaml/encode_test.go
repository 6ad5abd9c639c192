package strictyaml_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

func TestEncode(t *testing.T) {
	value := map[string]any{
		"routes": map[string]any{"a": map[string]any{
			"uri": "/a/*", "methods": []any{"GET", "no"}, "priority": int64(1), "status": "1", "enable": true,
			"vars": []any{[]any{"arg_x", "==", "y"}}, "empty": map[string]any{}, "none": []any{},
			"nodes": []any{map[string]any{"host": "10.0.0.1", "port": int64(80)}},
			"cert":  "-----BEGIN-----\nMII=\n-----END-----\n", "key": gateway.NewSecret("", "s3cret"),
		}},
	}
	want := `routes:
  a:
    cert: |
      -----BEGIN-----
      MII=
      -----END-----
    empty: {}
    enable: true
    key: "***"
    methods:
      - GET
      - "no"
    nodes:
      - host: "10.0.0.1"
        port: 80
    none: []
    priority: 1
    status: "1"
    uri: /a/*
    vars:
      -
        - arg_x
        - "=="
        - "y"
`
	var got bytes.Buffer
	if err := strictyaml.Encode(&got, value); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func values(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.String().AsAny(), rapid.Int64().AsAny(), rapid.Bool().AsAny(), rapid.Float64Range(-1, 1).Filter(func(f float64) bool { return f != 0 && f != 1 && f != -1 }).AsAny(),
		rapid.StringMatching(`[ -~\n#:\-'"*&!|>%@]{0,12}`).AsAny(), rapid.SampledFrom([]any{"", "~", "null", "0x1", "1_0", "1e3", "a\n b\nc\n", "a\nb\n", "<<", "- a", "a: b", "a #b", "---", "0755", ".inf", "2026-01-02"}),
	}
	if depth > 0 {
		scalars = append(scalars, rapid.SliceOfN(values(depth-1), 0, 3).AsAny(),
			rapid.MapOfN(rapid.StringMatching(`[a-z<:*# 0-9-]{0,5}`), values(depth-1), 0, 3).AsAny())
	}
	return rapid.OneOf(scalars...)
}

func TestEncodeParsesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := map[string]any{"top": values(3).Draw(t, "value")}
		var text bytes.Buffer
		if err := strictyaml.Encode(&text, value); err != nil {
			t.Fatal(err)
		}
		node, faults := strictyaml.Parse("a.yaml", text.Bytes())
		if len(faults) > 0 {
			t.Fatalf("%v\n%s", faults, text.String())
		}
		if diff := cmp.Diff(any(value), plainOf(node)); diff != "" {
			t.Errorf("(-want +got)\n%s\n%s", diff, text.String())
		}
	})
}
