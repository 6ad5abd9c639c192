package render

import "github.com/sluice-gitops/sluice/gateway"

// fieldText says for editors what a field of a resource is for; empty where the name says enough. Fields that several kinds share mean the
// same in each.
func fieldText(kind gateway.Kind, field string) string {
	if text := ownTexts()[kind][field]; text != "" {
		return text
	}
	return sharedTexts()[field]
}

func sharedTexts() map[string]string {
	return map[string]string{
		"id": "the resource's name; in a map from id to body it is the key", "name": "a text for people", "desc": "a text for people",
		"labels":      "texts by name; Sluice adds managed-by: sluice",
		"upstream":    "where requests go, written in place",
		"upstream_id": "the upstream that requests go to", "service_id": "the service whose upstream, hosts and plugins count here too",
		"plugin_config_id": "plugins that several routes share", "group_id": "the consumer group whose plugins count here too",
		"enable_websocket": "whether requests may become web sockets", "status": "1 serves, 0 does not",
		"timeout":       "in seconds: connect, send and read, each on its own",
		"filter_func":   "Lua that decides whether the route takes a request; runs code on the gateway",
		"script":        "Lua in the place of plugins; runs code on the gateway",
		"hosts":         "names that requests are for; *.acme.com is every name below acme.com",
		"host":          "the name that requests are for",
		"remote_addr":   "the caller's address or network",
		"remote_addrs":  "callers' addresses or networks",
		"checks":        "health checks of the nodes",
		"create_time":   "the gateway fills it in",
		"update_time":   "the gateway fills it in",
		"tls":           "the client certificate that is shown to the nodes, and whether theirs is verified",
		"retries":       "how many other nodes are tried",
		"retry_timeout": "in seconds: no other node is tried after that; 0 is no limit",
	}
}

func ownTexts() map[gateway.Kind]map[string]string {
	return map[gateway.Kind]map[string]string{
		gateway.Routes: {
			"uri": "the path; a * at its end is everything below", "uris": "several paths in the place of uri",
			"methods": "the methods that the route takes; all when there are none", "vars": "conditions on the request, as [[\"arg_version\", \"==\", \"2\"]]",
			"priority": "of routes for one path the highest is asked first; 0 when not set",
		},
		gateway.Upstreams: {
			"nodes": "address: weight, or a list of {host, port, weight}; a node of weight 0 gets no request",
			"type":  "how a node is chosen: roundrobin, chash, ewma, least_conn", "hash_on": "chash: what decides, as vars, header, cookie, consumer",
			"key": "chash: the name of what decides", "scheme": "what the nodes speak: http, https, grpc, grpcs, tcp, udp, tls, kafka",
			"pass_host": "the Host that nodes see: pass, node, rewrite", "upstream_host": "the Host for pass_host: rewrite",
			"discovery_type": "where nodes come from in the place of nodes: dns, consul, nacos, eureka, kubernetes", "service_name": "the name there",
			"keepalive_pool": "connections to the nodes that are kept open: size, idle_timeout, requests",
		},
		gateway.Consumers: {
			"username": "the consumer's name", "plugins": "how it shows who it is, and what else counts for it",
		},
		gateway.SSLs: {
			"sni": "the name that the certificate is for", "snis": "the names that the certificate is for; *.acme.com is one label",
			"cert": "the certificate with its chain, in PEM", "key": "its private key, in PEM: write ${secret(name)}, or encrypt the file",
			"certs": "more certificates for the same names", "keys": "their private keys", "client": "callers must show a certificate: ca and depth",
			"type": "server: shown to callers; client: shown to upstreams", "ssl_protocols": "the versions of TLS, as TLSv1.2, TLSv1.3",
		},
		gateway.StreamRoutes: {
			"server_port": "the port that connections come in on", "server_addr": "the address that they come in on", "sni": "the name that TLS asks for",
			"protocol": "what is spoken within, as redis or dubbo",
		},
		gateway.Protos: {"content": "a .proto file, or a descriptor set in base64"},
	}
}

// described adds what a field is for to its schema. What stands for it alone, as a reference does, stays as it is.
func described(kind gateway.Kind, field string, schema any) any {
	text := fieldText(kind, field)
	of, ok := schema.(map[string]any)
	if text == "" || !ok || of["$ref"] != nil {
		return schema
	}
	out := map[string]any{"description": text}
	for word, value := range of {
		out[word] = value
	}
	return out
}
