package policy_test

import (
	"testing"
)

func TestHelpers(t *testing.T) {
	specs := map[string]map[string]any{
		"routes/r": {
			"uri": "/r", "service_id": "s", "plugin_config_id": int64(7), "labels": map[string]any{"owner": "shop"},
			"plugins": map[string]any{"cors": map[string]any{"max_age": int64(1)}, "key-auth": off(), "request-id": map[string]any{}},
		},
		"routes/bare":        {"uris": []any{"/a", "/b"}, "host": "WWW.Acme.example", "upstream": map[string]any{"type": "chash"}},
		"routes/lost":        {"uri": "/", "service_id": "gone", "upstream_id": "gone", "plugin_config_id": "gone"},
		"routes/direct":      {"uri": "/", "service_id": "s", "upstream_id": "v", "hosts": []any{"b.example"}},
		"services/s":         {"upstream_id": "u", "hosts": []any{"A.example", "*.a.example"}, "plugins": map[string]any{"cors": map[string]any{"allow_origins": "*"}, "key-auth": map[string]any{}, "limit-count": map[string]any{"count": int64(5)}}},
		"services/inside":    {"upstream": map[string]any{"type": "ewma"}},
		"stream_routes/t":    {"service_id": "inside", "server_port": int64(9100)},
		"plugin_configs/7":   {"plugins": map[string]any{"limit-count": map[string]any{"count": int64(9)}, "request-id": off()}},
		"upstreams/u":        {"type": "roundrobin", "nodes": map[string]any{"10.1.2.3:80": int64(1)}},
		"upstreams/v":        {"type": "least_conn"},
		"consumer_groups/g":  {"plugins": map[string]any{"limit-req": map[string]any{}, "cors": map[string]any{}}},
		"consumers/jane":     {"group_id": "g", "plugins": map[string]any{"cors": off()}},
		"global_rules/limit": {"plugins": map[string]any{"limit-req": map[string]any{}}},
		"ssls/tls":           {"snis": []any{"a.example", "B.example"}},
		"ssls/one":           {"sni": "c.example"},
	}
	tests := []struct{ id, assert string }{
		{"r", `plugins(resource).size() == 3 && plugins(resource).cors == {"max_age": 1}`},
		{"r", `plugins(resource)["limit-count"].count == 9 && "request-id" in plugins(resource)`},
		{"r", `!("key-auth" in plugins(resource)) && "key-auth" in resource.plugins && "key-auth" in plugins(service(resource))`},
		{"r", `service(resource).upstream_id == "u" && upstream(resource).type == "roundrobin" && key(upstream(resource)) == "upstreams/u"`},
		{"r", `hosts(resource) == ["a.example", "*.a.example"] && uris(resource) == ["/r"] && labels(resource).owner == "shop"`},
		{"bare", `service(resource) == {} && plugins(resource) == {} && labels(resource) == {} && upstream(resource).type == "chash"`},
		{"bare", `hosts(resource) == ["www.acme.example"] && uris(resource) == ["/a", "/b"] && !has(service(resource).hosts)`},
		{"lost", `service(resource) == {} && upstream(resource) == {} && plugins(resource) == {} && hosts(resource) == []`},
		{"direct", `upstream(resource).type == "least_conn" && hosts(resource) == ["b.example"]`},
		{"inside", `upstream(resource).type == "ewma" && key(service(resource)) == "services/inside"`},
		{"t", `upstream(resource).type == "ewma" && kind == "stream_routes"`},
		{"u", `upstream(resource) == resource && resource.nodes.all(n, cidr("10.0.0.0/8").containsIP(ip(n.split(":")[0])))`},
		{"jane", `plugins(resource).exists(p, p == "limit-req") && !("cors" in plugins(resource))`},
		{"tls", `hosts(resource) == ["a.example", "b.example"]`},
		{"one", `hosts(resource) == ["c.example"]`},
		{"one", `state.global_rules.exists(i, rule, "limit-req" in plugins(rule)) && state.protos == {} && size(state.routes) == 4`},
		{"one", `state.routes["r"].uri == "/r" && environment == "prod" && group == "prod-eu" && id == "one"`},
	}
	for _, tt := range tests {
		t.Run(tt.id+" "+tt.assert, func(t *testing.T) {
			set := load(t, "policies:\n  a:\n    match: {ids: ["+tt.id+"]}\n    assert: |\n      "+tt.assert+"\n")
			if faults := set.Check("prod", "prod-eu", resources(specs), newYear); len(faults) > 0 {
				t.Error(faults)
			}
		})
	}
}

func off() map[string]any {
	return map[string]any{"_meta": map[string]any{"disable": true}}
}

// TestHelpersWantResources holds that a helper given a part of a resource fails, and so denies.
func TestHelpersWantResources(t *testing.T) {
	set := load(t, `policies: {a: {assert: 'plugins({"plugins": {}}) == {}'}}`)
	faults := set.Check("prod", "g", state(map[string]any{"uri": "/x"}), newYear)
	if len(faults) != 1 || faults[0].Code != "policy-error" {
		t.Errorf("faults: %v", faults)
	}
}
