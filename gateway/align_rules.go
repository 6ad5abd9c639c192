package gateway

import "strings"

// The rules below speak of places: a kind and a path in it, where * is any item of a list and any plugin. An upstream is at
// "upstream" wherever it stands: on its own, inside a route, a service or a stream route, among the upstreams of a service (API7
// Enterprise), or in a traffic-split rule.

// singular names the fields that hold one of what another field holds a list of.
var singular = map[string]string{
	"routes.uri":         "uris",
	"routes.host":        "hosts",
	"routes.remote_addr": "remote_addrs",
	"ssls.sni":           "snis",
}

// sets are the lists whose order says nothing.
var sets = map[string]bool{
	"routes.methods": true, "routes.uris": true, "routes.hosts": true, "routes.remote_addrs": true,
	"services.hosts": true,
	"ssls.snis":      true,
}

// names are host names, where upper and lower case are the same.
var names = map[string]bool{
	"routes.host": true, "routes.hosts": true, "services.hosts": true,
	"ssls.sni": true, "ssls.snis": true, "stream_routes.sni": true,
}

// neverShown are the fields that a gateway takes and doesn't give back.
var neverShown = map[string]bool{"ssls.key": true, "ssls.keys": true}

// ciphered are the fields that a gateway gives back encrypted, if at all.
var ciphered = map[string]bool{"ssls.key": true, "ssls.keys.*": true, "upstream.tls.client_key": true}

// gatewayMade are the fields that a gateway writes into what it stores, whatever the value.
var gatewayMade = map[string]bool{"plugins.*.rules.*.actions.*.*._vid": true}

// references are the fields that hold the id of another resource, which may be a number or a text.
var references = map[string]bool{
	"service_id": true, "upstream_id": true, "plugin_config_id": true, "group_id": true, "superior_id": true,
	"client_cert_id": true, "proto_id": true,
}

// alwaysDefault tells what is the same as nothing in every version of the gateway.
func (a aligner) alwaysDefault(at Path) []any {
	switch a.place(at) {
	case "upstream.nodes.*.priority":
		return []any{int64(0)}
	case "plugins.*._meta.disable":
		return []any{false}
	case "plugins.*._meta", "upstream.labels", string(a.key.Kind) + ".labels", string(a.key.Kind) + ".plugins":
		if a.key.Kind != PluginMetadata && a.key.Kind != Secrets {
			return []any{map[string]any{}}
		}
	}
	return nil
}

// place returns the place of the value at a path.
func (a aligner) place(at Path) string {
	steps := make([]string, len(at))
	for i, step := range at {
		steps[i] = step.Key
		if !step.Field {
			steps[i] = "*"
		}
	}
	if inside, ok := a.inUpstream(steps); ok {
		return strings.Join(append([]string{"upstream"}, inside...), ".")
	}
	if len(steps) > 1 && steps[0] == "plugins" {
		steps[1] = "*"
		return strings.Join(steps, ".")
	}
	return strings.Join(append([]string{string(a.key.Kind)}, steps...), ".")
}

const splitUpstream = "plugins.traffic-split.rules.*.weighted_upstreams.*.upstream"

// inUpstream returns the steps that lead on from an upstream, when the way goes through one.
func (a aligner) inUpstream(steps []string) ([]string, bool) {
	const splitSteps = 7
	switch {
	case a.key.Kind == Upstreams:
		return steps, true
	case a.key.Kind == PluginMetadata || a.key.Kind == Secrets || len(steps) == 0:
		return nil, false
	case steps[0] == "upstream":
		return steps[1:], true
	case a.key.Kind == Services && steps[0] == "upstreams" && len(steps) > 1: // of API7 Enterprise
		return steps[2:], true
	case len(steps) >= splitSteps && strings.Join(steps[:splitSteps], ".") == splitUpstream:
		return steps[splitSteps:], true
	}
	return nil, false
}
