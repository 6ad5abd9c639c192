package api7test

import "fmt"

// fields are what the API has a place for; whatever else comes is dropped without a word.
var fields = map[string][]string{
	"services":      {"name", "desc", "labels", "type", "hosts", "path_prefix", "strip_path_prefix", "plugins", "upstream"},
	"routes":        {"service_id", "name", "desc", "labels", "paths", "methods", "vars", "plugins", "priority", "timeout", "enable_websocket"},
	"stream_routes": {"service_id", "name", "desc", "labels", "plugins", "server_addr", "server_port", "remote_addr"},
	"consumers":     {"username", "desc", "labels", "plugins"},
	"ssls":          {"labels", "status", "type", "snis", "cert", "certs", "client"},
	"global_rules":  {"plugins"},
	"protos":        {"name", "desc", "labels", "content"},
}

var (
	credentialFields = []string{"name", "desc", "labels", "plugins"}
	upstreamFields   = []string{"name", "desc", "labels", "type", "hash_on", "key", "checks", "nodes", "scheme", "retries", "retry_timeout",
		"timeout", "tls", "keepalive_pool", "pass_host", "upstream_host", "discovery_type", "service_name", "discovery_args"}
	nodeFields   = []string{"host", "port", "weight", "priority"}
	clientFields = []string{"ca", "depth"}
)

func only(body map[string]any, names []string) map[string]any {
	kept := map[string]any{}
	for _, name := range names {
		if value, ok := body[name]; ok && value != nil {
			kept[name] = value
		}
	}
	return kept
}

// wrong says why a body is refused; "" when it is taken.
func wrong(store *store, kind, id string, body map[string]any) string {
	if labels, ok := body["labels"].(map[string]any); ok {
		for name, value := range labels {
			if _, text := value.(string); !text {
				return fmt.Sprintf("property %q validation failed: label %s is no string", "labels", name)
			}
		}
	}
	plugins, _ := body["plugins"].(map[string]any)
	for name := range plugins {
		if pluginSchemas[name] == nil {
			return "unknown plugin [" + name + "]"
		}
	}
	switch kind {
	case "services":
		return wrongService(body)
	case "routes", "stream_routes":
		return wrongRoute(store, kind, body)
	case "consumers":
		for _, name := range []string{"key-auth", "basic-auth", "jwt-auth", "hmac-auth"} {
			if plugins[name] != nil {
				return "auth plugin " + name + " is not allowed on a consumer"
			}
		}
	case "ssls":
		if body["cert"] == nil || body["key"] == nil {
			return `property "key" is required`
		}
	case "global_rules":
		if len(plugins) != 1 || plugins[id] == nil {
			return "the id of a global rule must be the name of its one plugin"
		}
	}
	return ""
}

func wrongService(body map[string]any) string {
	if body["name"] == nil || body["type"] == nil {
		return `property "name" is required`
	}
	if upstream, ok := body["upstream"].(map[string]any); ok {
		return wrongUpstream(upstream)
	}
	return ""
}

func wrongUpstream(upstream map[string]any) string {
	nodes, isList := upstream["nodes"].([]any)
	if upstream["nodes"] != nil && !isList {
		return `property "nodes" validation failed: wrong type: expected array`
	}
	for _, item := range nodes {
		if node, _ := item.(map[string]any); node["host"] == nil || node["port"] == nil || node["weight"] == nil {
			return `property "nodes" validation failed: a node needs host, port and weight`
		}
	}
	return ""
}

func wrongRoute(store *store, kind string, body map[string]any) string {
	service, _ := body["service_id"].(string)
	switch {
	case service == "":
		return `property "service_id" is required`
	case store != nil && store.objects["services/"+service].fields == nil:
		return "service " + service + " not found"
	case body["name"] == nil:
		return `property "name" is required`
	case kind == "routes" && body["paths"] == nil:
		return `property "paths" is required`
	}
	for upstream := range splitNames(body["plugins"]) {
		if store != nil && store.objects["services/"+service+"/upstreams/"+upstream].fields == nil {
			return "upstream " + upstream + " not found"
		}
	}
	return ""
}

// splitNames collects the upstreams that plugins name.
func splitNames(v any) map[string]bool {
	names := map[string]bool{}
	switch v := v.(type) {
	case map[string]any:
		for field, value := range v {
			if id, ok := value.(string); ok && field == "upstream_id" {
				names[id] = true
			}
			for name := range splitNames(value) {
				names[name] = true
			}
		}
	case []any:
		for _, item := range v {
			for name := range splitNames(item) {
				names[name] = true
			}
		}
	}
	return names
}
