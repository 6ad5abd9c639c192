package schema_test

import (
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// FuzzDecode reads any text as schemas: it is refused, or can be written and read again, and checks a body without a panic.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"kinds":{"routes":{"type":["object","array"],"oneOf":[{"required":["a"]},true],"not":false,"items":[{}]}}}`))
	f.Add([]byte(`{"kinds":{"routes":{"properties":{"uri":{"pattern":"(","enum":[null]}},"if":{},"then":{"required":["x"]}}}}`))
	f.Add([]byte(`{"kinds":{"routes":{}},"plugins":{"cors":{"schema":{"dependencies":{"a":["b"],"c":{"not":{"required":["d"]}}}}}}}`))
	f.Add([]byte(`{"kinds":{"routes":{"type":[],"required":[1],"anyOf":[{"required":[]}],"contains":{},"const":{}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := schema.Decode(text)
		if err != nil {
			return
		}
		again, err := schema.Decode(set.Encode())
		if err != nil || string(again.Encode()) != string(set.Encode()) {
			t.Fatalf("written and read again: %v", err)
		}
		for _, spec := range []map[string]any{{}, {
			"uri": "/a", "a": int64(1), "c": []any{}, "d": map[string]any{"e": "f"}, "upstream": map[string]any{"nodes": []any{int64(1), "x"}},
			"plugins": map[string]any{"cors": map[string]any{"a": "b", "c": "d", "d": "e"}},
		}} {
			set.Check(gateway.Resource{Key: gateway.Key{Kind: gateway.Routes, ID: "r"}, Spec: spec})
		}
	})
}
