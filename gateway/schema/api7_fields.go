package schema

import (
	"maps"

	"github.com/sluice-gitops/sluice/gateway"
)

// api7Kinds names the fields that the config repo may give each kind, and the API can hold. Plugin metadata and secrets have no
// entry: their fields are those of a plugin or of a secret manager. What the API returns beyond these is its own affair.
var api7Kinds = map[gateway.Kind]map[string]bool{
	gateway.Services: fieldSet("name", "desc", "labels", "type", "hosts", "path_prefix", "strip_path_prefix", "plugins", "upstream",
		"upstreams"),
	gateway.Routes: fieldSet("name", "desc", "labels", "service_id", "uri", "uris", "methods", "vars", "plugins", "priority", "timeout",
		"enable_websocket", "status"),
	gateway.StreamRoutes: fieldSet("name", "desc", "labels", "service_id", "plugins", "server_addr", "server_port", "remote_addr"),
	gateway.Consumers:    fieldSet("desc", "labels", "plugins"),
	gateway.Credentials:  fieldSet("name", "desc", "labels", "plugins"),
	gateway.SSLs:         fieldSet("labels", "status", "type", "sni", "snis", "cert", "key", "certs", "keys", "client"),
	gateway.GlobalRules:  fieldSet("plugins"),
	gateway.Protos:       fieldSet("name", "desc", "labels", "content"),
}

var api7Upstream = fieldSet("name", "desc", "labels", "type", "hash_on", "key", "checks", "nodes", "scheme", "retries", "retry_timeout",
	"timeout", "tls", "keepalive_pool", "pass_host", "upstream_host", "discovery_type", "service_name", "discovery_args")

var (
	api7Node   = fieldSet("host", "port", "weight", "priority")
	api7TLS    = fieldSet("client_cert", "client_key", "client_cert_id", "verify")
	api7Client = fieldSet("ca", "depth")
)

func fieldSet(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}

// API7Kinds returns the fields of each kind that the config repo may give and API7 Enterprise can hold. It is a copy.
func API7Kinds() map[gateway.Kind]map[string]bool { return maps.Clone(api7Kinds) }

// API7Parts are the fields of maps inside resources that API7 Enterprise can hold.
type API7Parts struct{ Upstream, Node, TLS, Client map[string]bool }

// API7Inside returns the fields of maps inside resources. They must not be changed.
func API7Inside() API7Parts { return API7Parts{api7Upstream, api7Node, api7TLS, api7Client} }
