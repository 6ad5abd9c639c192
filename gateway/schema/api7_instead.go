package schema

// insteads say what to write in place of a field, where there is something.
var insteads = map[string]string{
	"routes.host":               "write it into the hosts of the route's service",
	"routes.hosts":              "write them into the hosts of the route's service",
	"routes.remote_addr":        "use the plugin ip-restriction, or vars: [[remote_addr, ipmatch, […]]]",
	"routes.remote_addrs":       "use the plugin ip-restriction, or vars: [[remote_addr, ipmatch, […]]]",
	"routes.filter_func":        "write the condition as vars",
	"routes.script":             "use a plugin",
	"routes.script_id":          "use a plugin",
	"routes.upstream":           "write it into the upstream of the route's service",
	"routes.upstream_id":        "write the upstream into the route's service; a further one below upstreams: there, chosen by traffic-split",
	"routes.plugin_config_id":   "write the plugins into the route or into its service",
	"services.upstream_id":      "write the upstream into the service: upstream: {…}",
	"services.script":           "use a plugin",
	"services.enable_websocket": "write it into the routes of the service",
	"stream_routes.sni":         "give each its own server_port",
	"stream_routes.upstream":    "write it into the upstream of the stream route's service",
	"stream_routes.upstream_id": "write it into the upstream of the stream route's service",
	"consumers.group_id":        "write the plugins of the group into the consumer",
	"ssls.ssl_protocols":        "set the protocols for the whole gateway group in its configuration",
	"ssls.skip_mtls_uri_regex":  "give what needs no client certificate a host, and an ssl, of its own",
	"services.metadata":         "remove it: nodes have host, port, weight and priority only",
}
