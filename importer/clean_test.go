package importer

import "testing"

func TestOnlyWhatTheGatewayFillsInIsLeftOut(t *testing.T) {
	nothings := func(more ...any) []any { return append([]any{"", []any{}, map[string]any{}}, more...) }
	for _, test := range []struct {
		name     string
		defaults []any
		value    any
		want     bool
	}{
		{"no default", nil, "a", false},
		{"the default", []any{int64(0)}, int64(0), true},
		{"told twice", []any{int64(0), int64(0)}, int64(0), true},
		{"another value", []any{int64(0)}, int64(1), false},
		{"one of several branches", []any{"a", "b"}, "a", false},
		{"an empty branch of several", []any{map[string]any{}, map[string]any{"a": "b"}}, map[string]any{}, false},
		{"no value shown as text", nothings(), "", true},
		{"no value shown as list", nothings("a"), []any{}, true},
		{"the default beside no value", nothings("pass"), "pass", true},
		{"one of several beside no value", nothings("http", "stream"), "http", false},
		{"not the default beside no value", nothings("pass"), "node", false},
	} {
		if got := onlyDefault(test.defaults, test.value); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
