package canary

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInList(t *testing.T) {
	node := func(host string, port, weight int64) any {
		return map[string]any{"host": host, "port": port, "weight": weight}
	}
	list := []any{node("a", 1, 2)}
	for _, test := range []struct {
		name      string
		in, wants map[string]any
	}{
		{"by address, sorted", map[string]any{"nodes": map[string]any{"b:81": int64(2), "a:80": int64(1)}, "type": "chash"},
			map[string]any{"nodes": []any{node("a", 80, 1), node("b", 81, 2)}, "type": "chash"}},
		{"without a port", map[string]any{"nodes": map[string]any{"a": int64(1)}}, map[string]any{"nodes": []any{node("a", 80, 1)}}},
		{"without a port, with TLS", map[string]any{"nodes": map[string]any{"a": int64(1)}, "scheme": "https"},
			map[string]any{"nodes": []any{node("a", 443, 1)}, "scheme": "https"}},
		{"IPv6", map[string]any{"nodes": map[string]any{"[::1]:82": int64(0)}}, map[string]any{"nodes": []any{node("[::1]", 82, 0)}}},
		{"a list already", map[string]any{"nodes": list}, map[string]any{"nodes": list}},
		{"no nodes", map[string]any{"service_name": "x", "discovery_type": "dns"}, map[string]any{"service_name": "x", "discovery_type": "dns"}},
	} {
		if diff := cmp.Diff(test.wants, inList(test.in)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
	}
}
