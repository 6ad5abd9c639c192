package api7

import "github.com/sluice-gitops/sluice/gateway"

// fieldsOf names the fields that the config repo may give each kind, and the API can hold. Plugin metadata and secrets have no
// entry: their fields are those of a plugin or of a secret manager. What the API returns beyond these is its own affair.
var fieldsOf = map[gateway.Kind]map[string]bool{
	gateway.Services: set("name", "desc", "labels", "type", "hosts", "path_prefix", "strip_path_prefix", "plugins", "upstream",
		"upstreams"),
	gateway.Routes: set("name", "desc", "labels", "service_id", "uri", "uris", "methods", "vars", "plugins", "priority", "timeout",
		"enable_websocket", "status"),
	gateway.StreamRoutes: set("name", "desc", "labels", "service_id", "plugins", "server_addr", "server_port", "remote_addr"),
	gateway.Consumers:    set("desc", "labels", "plugins"),
	gateway.Credentials:  set("name", "desc", "labels", "plugins"),
	gateway.SSLs:         set("labels", "status", "type", "sni", "snis", "cert", "key", "certs", "keys", "client"),
	gateway.GlobalRules:  set("plugins"),
	gateway.Protos:       set("name", "desc", "labels", "content"),
}

var upstreamFields = set("name", "desc", "labels", "type", "hash_on", "key", "checks", "nodes", "scheme", "retries", "retry_timeout",
	"timeout", "tls", "keepalive_pool", "pass_host", "upstream_host", "discovery_type", "service_name", "discovery_args")

var (
	nodeFields   = set("host", "port", "weight", "priority")
	tlsFields    = set("client_cert", "client_key", "client_cert_id", "verify")
	clientFields = set("ca", "depth")
)

func set(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}

// only returns the fields of m that are known, without the nulls that stand for fields that aren't there.
func only(m map[string]any, known map[string]bool) map[string]any {
	kept := make(map[string]any, len(m))
	for field, value := range m {
		if known[field] && value != nil {
			kept[field] = value
		}
	}
	return kept
}
