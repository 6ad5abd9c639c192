package admin_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

func TestReveal(t *testing.T) {
	known, other := gateway.NewSecret("${secret(a)}", "clear"), gateway.NewSecret("", "other")
	spec := map[string]any{
		"plugins": map[string]any{"x": []any{int64(1), map[string]any{"key": known}}}, "keys": []any{other}, "uri": "/a",
	}
	fields, hidden, err := admin.Reveal(spec)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"plugins": map[string]any{"x": []any{int64(1), map[string]any{"key": "clear"}}}, "keys": []any{"other"}, "uri": "/a"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("revealed (-want +got):\n%s", diff)
	}
	if len(hidden) != 2 {
		t.Errorf("hidden are %d texts, want 2", len(hidden))
	}
	fields["uri"] = "/b"
	fields["plugins"].(map[string]any)["x"].([]any)[0] = int64(2)
	if spec["uri"] != "/a" || spec["plugins"].(map[string]any)["x"].([]any)[0] != int64(1) {
		t.Error("a change of the copy shows in the resource")
	}
}

// TestRevealNamesThePlace of a secret that is not known, and hands on nothing.
func TestRevealNamesThePlace(t *testing.T) {
	spec := map[string]any{"plugins": map[string]any{"x": []any{int64(1), map[string]any{"key": gateway.UnresolvedSecret("${secret(b)}")}}}}
	fields, hidden, err := admin.Reveal(spec)
	if err == nil || err.Error() != "plugins.x[1].key: the value of ${secret(b)} is not known" || fields != nil || hidden != nil {
		t.Errorf("%v, %v, %v", fields, hidden, err)
	}
}
