package api7test

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// newer reports whether the version is 3.minor or newer.
func (s *Server) newer(minor, patch int) bool {
	parts := strings.Split(s.cfg.Version, ".")
	if len(parts) < 3 {
		return true
	}
	m, _ := strconv.Atoi(parts[1])
	p, _ := strconv.Atoi(parts[2])
	return m > minor || m == minor && p >= patch
}

func value(v any) map[string]any { return map[string]any{"default": v} }

func properties(fields map[string]any) map[string]any {
	return map[string]any{"type": "object", "properties": fields}
}

func seconds(n int) map[string]any {
	return properties(map[string]any{"connect": value(n), "send": value(n), "read": value(n)})
}

func upstreamSchema() map[string]any {
	node := properties(map[string]any{"priority": value(0)})
	healthy := properties(map[string]any{"interval": value(1), "successes": value(2)})
	return properties(map[string]any{
		"type": value("roundrobin"), "scheme": value("http"), "hash_on": value("vars"), "pass_host": value("pass"),
		"name": value("default"), "retry_timeout": value(0), "timeout": seconds(60),
		"keepalive_pool": properties(map[string]any{"size": value(320), "idle_timeout": value(60), "requests": value(1000)}),
		"nodes":          map[string]any{"type": "array", "items": node},
		"checks":         properties(map[string]any{"active": properties(map[string]any{"type": value("http"), "timeout": value(1), "healthy": healthy})}),
	})
}

// core is the core schema of the version, with nothing in it but what bears defaults.
func (s *Server) core() map[string]any {
	service, route := map[string]any{}, map[string]any{}
	withUpstream := !s.newer(6, 0) || s.newer(8, 0)
	if withUpstream {
		service["upstream"] = upstreamSchema()
	}
	if s.newer(6, 0) {
		service["strip_path_prefix"] = value(true)
	}
	if s.newer(8, 0) {
		route["priority"], route["timeout"] = value(0), seconds(60)
	}
	core := map[string]any{
		"service": map[string]any{"allOf": []any{properties(service), map[string]any{"type": "object"}}},
		"route":   properties(route),
		"ssl":     properties(map[string]any{"client": properties(map[string]any{"depth": value(1)})}), "consumer": properties(nil),
	}
	core["stream_service"] = core["service"]
	if s.newer(8, 0) {
		core["upstream"] = upstreamSchema()
	}
	return core
}

// pluginSchemas are the plugins that the emulator knows.
var pluginSchemas = map[string]map[string]any{
	"key-auth":      properties(map[string]any{"header": value("apikey"), "query": value("apikey"), "hide_credentials": value(false)}),
	"basic-auth":    properties(map[string]any{"hide_credentials": value(false)}),
	"cors":          properties(map[string]any{"allow_origins": value("*"), "max_age": value(5)}),
	"limit-count":   properties(map[string]any{"rejected_code": value(503), "policy": value("local"), "key": value("remote_addr")}),
	"traffic-split": properties(nil),
	"http-logger":   properties(map[string]any{"timeout": value(3)}),
	"request-id":    properties(map[string]any{"header_name": value("X-Request-Id")}),
}

func plugins(path []string) answer {
	if len(path) == 1 && path[0] == "list" {
		return answer{http.StatusOK, slices.Sorted(maps.Keys(pluginSchemas))}
	}
	if len(path) == 1 && pluginSchemas[path[0]] != nil {
		return answer{http.StatusOK, pluginSchemas[path[0]]}
	}
	return refuse(http.StatusNotFound, "plugin not found")
}

// stored is what is kept of a body, with the defaults of the version and what the server adds.
func (s *Server) stored(kind, id string, body map[string]any) map[string]any {
	kept := only(body, fields[kind])
	core := s.core()
	switch kind {
	case "services":
		if upstream, ok := kept["upstream"].(map[string]any); ok {
			kept["upstream"] = s.filledUpstream(upstream)
		}
		s.fill(core["service"].(map[string]any)["allOf"].([]any)[0].(map[string]any), kept)
		kept["status"] = 1
	case "routes":
		s.fill(core["route"].(map[string]any), kept)
		kept["vars_note"] = nil
	case "ssls":
		if client, ok := kept["client"].(map[string]any); ok {
			kept["client"] = only(client, clientFields)
		}
		s.fill(core["ssl"].(map[string]any), kept)
	}
	if plugins, ok := kept["plugins"].(map[string]any); ok {
		for name, conf := range plugins {
			if conf, ok := conf.(map[string]any); ok && kind != "consumers" {
				s.fill(pluginSchemas[name], conf)
			}
		}
	}
	if kind != "consumers" {
		kept["id"] = id
	}
	kept["created_at"], kept["updated_at"], kept["desc_note"] = 1700000000, 1700000001, nil
	if kept["desc"] == nil && kind != "global_rules" {
		kept["desc"] = ""
	}
	return kept
}

func (s *Server) filledUpstream(upstream map[string]any) map[string]any {
	kept := only(upstream, upstreamFields)
	nodes, _ := kept["nodes"].([]any)
	for i, item := range nodes {
		if node, ok := item.(map[string]any); ok {
			nodes[i] = only(node, nodeFields)
		}
	}
	if !s.newer(6, 0) || s.newer(8, 0) {
		s.fill(upstreamSchema(), kept)
	}
	return kept
}

// fill sets what is missing. An object or a list that is missing stays so, unless objects are to be filled.
func (s *Server) fill(schema map[string]any, into map[string]any) {
	fields, _ := schema["properties"].(map[string]any)
	for name, part := range fields {
		part := part.(map[string]any)
		if v, ok := part["default"]; ok {
			if _, there := into[name]; !there {
				into[name] = v
			}
			continue
		}
		if _, there := into[name]; !there && s.cfg.FillObjects && (name == "timeout" || name == "keepalive_pool") {
			into[name] = map[string]any{}
		}
		s.fillInside(part, into[name])
	}
}

func (s *Server) fillInside(schema map[string]any, v any) {
	switch v := v.(type) {
	case map[string]any:
		s.fill(schema, v)
	case []any:
		items, _ := schema["items"].(map[string]any)
		for _, item := range v {
			s.fillInside(items, item)
		}
	}
}
