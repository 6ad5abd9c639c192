package importer

import (
	"maps"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// plain are the fields of ADC that the gateway has under the same name, by type of resource; with them go description and labels.
func plain(fields ...string) map[string]string {
	known := map[string]string{"description": "desc", "labels": "labels"}
	for _, field := range fields {
		known[field] = field
	}
	return known
}

var (
	adcService = plain("name", "hosts", "plugins")
	adcRoute   = plain("name", "uris", "hosts", "methods", "remote_addrs", "vars", "filter_func", "enable_websocket", "plugins", "priority", "timeout")
	adcStream  = plain("plugins", "remote_addr", "server_addr", "server_port", "sni")
	// An upstream is handed on as it is, but for its checks.
	adcUpstream = plain("name", "type", "hash_on", "key", "nodes", "scheme", "retries", "retry_timeout", "timeout", "keepalive_pool",
		"pass_host", "upstream_host", "service_name", "discovery_type", "discovery_args", "checks", "tls")
	adcConsumer   = plain("plugins")
	adcCredential = plain("name")
	adcSSL        = plain("type", "snis", "client", "ssl_protocols")
)

// The labels in which ADC keeps what the gateway has no field for.
const (
	adcNameLabel    = "__ADC_NAME"
	adcServiceLabel = "__ADC_UPSTREAM_SERVICE_ID"
)

// service reads a service with its routes and upstreams. Its own upstream is a resource that has the service's id.
func (r *adcReader) service(n *strictyaml.Node) {
	name, ok := r.name(n, "name")
	if !ok {
		return
	}
	id := r.identity(n, name)
	body := r.fields(n, "a service", adcService, "id", "upstream", "upstreams", "routes", "stream_routes")
	if own := n.Get("upstream"); own != nil && own.Kind == strictyaml.Map {
		upstream := r.upstream(own)
		upstream["name"] = body["name"]
		r.add(gateway.Upstreams, id, own.Pos, upstream)
		body["upstream_id"] = id
	} else if own != nil {
		r.wrongType(own, "upstream", "a map")
	}
	r.add(gateway.Services, id, n.Pos, body)
	r.nested(n, "upstreams", func(one *strictyaml.Node) { r.namedUpstream(one, name, id) })
	r.nested(n, "routes", func(one *strictyaml.Node) { r.route(one, name, id) })
	r.nested(n, "stream_routes", func(one *strictyaml.Node) { r.streamRoute(one, name, id) })
}

func (r *adcReader) nested(n *strictyaml.Node, list string, read func(*strictyaml.Node)) {
	for _, field := range n.Fields {
		if field.Key == list {
			r.each(field, read)
		}
	}
}

func (r *adcReader) upstream(n *strictyaml.Node) map[string]any {
	body := r.fields(n, "an upstream", adcUpstream, "id")
	if checks, ok := body["checks"].(map[string]any); ok {
		if active, ok := checks["active"].(map[string]any); ok && active["http_req_headers"] != nil {
			active["req_headers"] = active["http_req_headers"]
			delete(active, "http_req_headers")
		}
	}
	if tls, ok := body["tls"].(map[string]any); ok {
		for short, field := range map[string]string{"cert": "client_cert", "key": "client_key"} {
			if value, ok := tls[short]; ok {
				tls[field] = value
				delete(tls, short)
			}
		}
	}
	return body
}

func (r *adcReader) namedUpstream(n *strictyaml.Node, service, serviceID string) {
	name, ok := r.name(n, "name")
	if !ok {
		return
	}
	body := r.upstream(n)
	label(body, adcServiceLabel, serviceID)
	r.add(gateway.Upstreams, r.identity(n, service, name), n.Pos, body)
}

func (r *adcReader) route(n *strictyaml.Node, service, serviceID string) {
	name, ok := r.name(n, "name")
	if !ok {
		return
	}
	body := r.fields(n, "a route", adcRoute, "id")
	body["service_id"] = serviceID
	r.add(gateway.Routes, r.identity(n, service, name), n.Pos, body)
}

func (r *adcReader) streamRoute(n *strictyaml.Node, service, serviceID string) {
	name, ok := r.name(n, "name")
	if !ok {
		return
	}
	body := r.fields(n, "a stream route", adcStream, "id", "name")
	body["service_id"] = serviceID
	label(body, adcNameLabel, name)
	r.add(gateway.StreamRoutes, r.identity(n, service, name), n.Pos, body)
}

// label adds a label to a body.
func label(body map[string]any, name, value string) {
	labels := map[string]any{}
	if written, ok := body["labels"].(map[string]any); ok {
		maps.Copy(labels, written)
	}
	labels[name] = value
	body["labels"] = labels
}

func (r *adcReader) consumer(n *strictyaml.Node) {
	username, ok := r.name(n, "username")
	if !ok {
		return
	}
	r.add(gateway.Consumers, username, n.Pos, r.fields(n, "a consumer", adcConsumer, "username", "credentials"))
	r.nested(n, "credentials", func(one *strictyaml.Node) { r.credential(one, username) })
}

func (r *adcReader) credential(n *strictyaml.Node, username string) {
	name, ok := r.name(n, "name")
	plugin, also := r.name(n, "type")
	if !ok || !also {
		return
	}
	body := r.fields(n, "a credential", adcCredential, "id", "type", "config")
	conf := any(map[string]any{})
	if config := n.Get("config"); config != nil {
		conf = r.value(config)
	}
	body["plugins"] = map[string]any{plugin: conf}
	r.add(gateway.Credentials, username+"/"+r.identity(n, username, name), n.Pos, body)
}

// ssl reads a certificate; the first pair has fields of its own on the gateway.
func (r *adcReader) ssl(n *strictyaml.Node) {
	body := r.fields(n, "an ssl", adcSSL, "id", "certificates")
	var names []string
	if snis, ok := body["snis"].([]any); ok {
		for _, sni := range snis {
			names = append(names, gateway.Show(sni))
		}
	}
	var certs, keys []any
	r.nested(n, "certificates", func(pair *strictyaml.Node) {
		fields := r.fields(pair, "a certificate", map[string]string{"certificate": "cert", "key": "key"})
		certs, keys = append(certs, fields["cert"]), append(keys, fields["key"])
	})
	for i := range certs {
		if certs[i] == nil || keys[i] == nil {
			r.missing(n.Get("certificates").Items[i], "certificate or key")
			return
		}
	}
	if len(certs) == 0 {
		r.missing(n, "certificates")
		return
	}
	body["cert"], body["key"] = certs[0], keys[0]
	if len(certs) > 1 {
		body["certs"], body["keys"] = certs[1:], keys[1:]
	}
	r.add(gateway.SSLs, r.identity(n, strings.Join(names, ",")), n.Pos, body)
}
