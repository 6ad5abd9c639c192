package render

import "github.com/sluice-gitops/sluice/gateway"

// shape is the type of a field, as far as it is checked here: the gateway checks the rest.
type shape string

const (
	text    shape = "text"
	number  shape = "a number"
	integer shape = "a whole number"
	truth   shape = "true or false"
	list    shape = "a list"
	object  shape = "a map"
	name    shape = "an id"
	nodes   shape = "a map or a list"
)

// shapeHints say how a shape is written.
var shapeHints = map[shape]string{
	text: "quote it to make it text", number: "write a number without quotes", integer: "write a whole number without quotes",
	truth: "write true or false without quotes", list: "write a list: [a, b]", object: "write a map: {key: value}",
	name: "write the id of a resource", nodes: `write {"host:80": 1} or [{host: …, port: 80, weight: 1}]`,
}

// described are the fields that most kinds have.
func described(own map[string]shape) map[string]shape {
	all := map[string]shape{"name": text, "desc": text, "labels": object}
	for field, shape := range own {
		all[field] = shape
	}
	return all
}

// fieldsOf names the fields of each kind, as APISIX 3.18 has them. Plugin metadata and secrets have no entry: their fields
// are those of a plugin or of a secret manager.
var fieldsOf = map[gateway.Kind]map[string]shape{
	gateway.Routes: described(map[string]shape{
		"uri": text, "uris": list, "host": text, "hosts": list, "remote_addr": text, "remote_addrs": list, "methods": list,
		"priority": integer, "vars": list, "filter_func": text, "plugins": object, "plugin_config_id": name, "script": text,
		"script_id": name, "upstream": object, "upstream_id": name, "service_id": name, "timeout": object,
		"enable_websocket": truth, "status": integer,
	}),
	gateway.Services: described(map[string]shape{
		"plugins": object, "upstream": object, "upstream_id": name, "script": text, "enable_websocket": truth, "hosts": list,
	}),
	gateway.Upstreams: described(map[string]shape{
		"nodes": nodes, "type": text, "hash_on": text, "key": text, "scheme": text, "pass_host": text, "upstream_host": text,
		"retries": integer, "retry_timeout": number, "timeout": object, "keepalive_pool": object, "tls": object, "checks": object,
		"discovery_type": text, "service_name": text, "discovery_args": object,
	}),
	gateway.Consumers:      {"desc": text, "labels": object, "group_id": name, "plugins": object},
	gateway.Credentials:    described(map[string]shape{"plugins": object}),
	gateway.ConsumerGroups: described(map[string]shape{"plugins": object}),
	gateway.PluginConfigs:  described(map[string]shape{"plugins": object}),
	gateway.GlobalRules:    {"plugins": object},
	gateway.Protos:         described(map[string]shape{"content": text}),
	gateway.SSLs: {
		"desc": text, "labels": object, "type": text, "status": integer, "sni": text, "snis": list, "cert": text, "key": text,
		"certs": list, "keys": list, "client": object, "ssl_protocols": list,
	},
	gateway.StreamRoutes: described(map[string]shape{
		"remote_addr": text, "server_addr": text, "server_port": integer, "sni": text, "upstream": object, "upstream_id": name,
		"service_id": name, "plugins": object, "protocol": object,
	}),
}

// fits reports whether a canonical value has a shape. A secret is text.
func fits(value any, want shape) bool {
	switch value.(type) {
	case string:
		return want == text || want == name
	case gateway.Secret:
		return want == text
	case bool:
		return want == truth
	case int64:
		return want == integer || want == number || want == name
	case float64:
		return want == number
	case []any:
		return want == list || want == nodes
	case map[string]any:
		return want == object || want == nodes
	}
	return false
}

// choices names the values that a field may have, where they are few.
var choices = map[string][]string{
	"upstreams.scheme":    {"http", "https", "grpc", "grpcs", "tcp", "tls", "udp", "kafka"},
	"upstreams.hash_on":   {"vars", "header", "cookie", "consumer", "vars_combinations"},
	"upstreams.pass_host": {"pass", "node", "rewrite"},
	"ssls.type":           {"server", "client"},
}

var methods = []string{"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PURGE"}
