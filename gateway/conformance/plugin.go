package conformance

import (
	"context"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// pluginBodies are configurations of plugins in a route, with values that are no defaults.
func pluginBodies() map[string]object {
	return map[string]object{
		"api-breaker":          {"break_response_code": int64(502), "unhealthy": object{"http_statuses": []any{int64(500), int64(503)}, "failures": int64(2)}},
		"basic-auth":           {"hide_credentials": true},
		"client-control":       {"max_body_size": int64(1024)},
		"consumer-restriction": {"whitelist": list(Prefix + "nobody"), "rejected_code": int64(401)},
		"cors":                 {"allow_origins": "https://a.example", "allow_methods": "GET,POST", "max_age": int64(60)},
		"csrf":                 {"key": "conformance-csrf-key", "expires": int64(60)},
		"echo":                 {"before_body": "a ", "headers": object{"X-A": "b"}},
		"fault-injection":      {"abort": object{"http_status": int64(403), "body": "no", "percentage": int64(50)}},
		"forward-auth":         {"uri": "http://127.0.0.1:1/auth", "request_headers": list("Authorization"), "timeout": int64(1000)},
		"gzip":                 {"types": list("text/html"), "min_length": int64(100), "comp_level": int64(3)},
		"hmac-auth":            {"clock_skew": int64(60)},
		"http-logger":          {"uri": "http://127.0.0.1:1/log", "batch_max_size": int64(10), "auth_header": "conformance-header"},
		"ip-restriction":       {"whitelist": list("127.0.0.0/8", "10.0.0.1")},
		"jwt-auth":             {"hide_credentials": true},
		"kafka-logger":         {"brokers": []any{object{"host": "127.0.0.1", "port": int64(9092)}}, "kafka_topic": "t"},
		"key-auth":             {"header": "X-Key", "hide_credentials": true},
		"limit-conn":           {"conn": int64(5), "burst": int64(1), "default_conn_delay": 0.1, "key_type": "var", "key": "remote_addr"},
		"limit-count":          limitCount(),
		"limit-req":            {"rate": int64(5), "burst": int64(1), "key_type": "var", "key": "remote_addr", "rejected_code": int64(429)},
		"mocking":              {"response_status": int64(201), "response_example": "{\"a\":1}", "content_type": "application/json"},
		"openid-connect":       {"client_id": "a", "client_secret": "conformance-secret", "discovery": "https://127.0.0.1:1/.well-known", "bearer_only": true, "session": object{"secret": "conformance-session-secret"}},
		"prometheus":           {"prefer_name": true},
		"proxy-cache":          {"cache_key": list("$host", "$request_uri"), "cache_method": list("GET"), "cache_http_status": []any{int64(200)}},
		"proxy-control":        {"request_buffering": false},
		"proxy-mirror":         {"host": "http://127.0.0.1:1", "sample_ratio": 0.5},
		"proxy-rewrite":        {"regex_uri": list("^/a/(.*)", "/b/$1"), "headers": object{"set": object{"X-A": "$remote_addr"}, "remove": list("X-B")}},
		"real-ip":              {"source": "http_x_forwarded_for", "trusted_addresses": list("127.0.0.0/24")},
		"redirect":             {"uri": "/there$request_uri", "ret_code": int64(301)},
		"referer-restriction":  {"whitelist": list("a.example"), "bypass_missing": true},
		"request-id":           {"header_name": "X-Id", "include_in_response": false},
		"request-validation":   {"body_schema": object{"type": "object", "required": list("a"), "properties": object{"a": object{"type": "integer", "minimum": int64(1)}}}},
		"response-rewrite":     {"status_code": int64(202), "headers": object{"set": object{"X-A": "b"}, "add": list("X-C: d")}, "vars": []any{list("status", "==", "200")}},
		"syslog":               {"host": "127.0.0.1", "port": int64(514), "batch_max_size": int64(5)},
		"tcp-logger":           {"host": "127.0.0.1", "port": int64(514)},
		"traffic-split": {"rules": []any{object{"match": []any{object{"vars": []any{list("arg_a", "==", "1")}}},
			"weighted_upstreams": []any{object{"upstream": object{"type": "roundrobin", "nodes": object{"127.0.0.1:1": int64(1)}}, "weight": int64(1)}, object{"weight": int64(3)}}}}},
		"ua-restriction": {"denylist": list("curl"), "message": "no"},
		"udp-logger":     {"host": "127.0.0.1", "port": int64(514)},
		"uri-blocker":    {"block_rules": list("root.exe"), "rejected_code": int64(404)},
		"workflow":       {"rules": []any{object{"case": []any{list("uri", "==", "/a")}, "actions": []any{[]any{"return", object{"code": int64(403)}}}}}},
		"zipkin":         {"endpoint": "http://127.0.0.1:1/api", "sample_ratio": 0.5},
	}
}

func pluginNames() []string { return slices.Sorted(maps.Keys(pluginBodies())) }

// checkPlugin wants a route with the plugin to be read back without a difference, and so after a change.
func (s *suite) checkPlugin(ctx context.Context, name string) error {
	if !s.plugins[name] {
		return skip("the gateway has not got it")
	}
	body := pluginBodies()[name]
	with := func(conf object) gateway.State {
		return stateOf(route("plugin", object{"uri": "/" + Prefix + "plugin", "plugins": object{name: conf}}))
	}
	if err := s.reach(ctx, with(body)); err != nil {
		return err
	}
	changed := maps.Clone(body)
	changed["_meta"] = object{"disable": true}
	return s.reach(ctx, with(changed))
}
