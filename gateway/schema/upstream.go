package schema

import (
	"regexp"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// What consistent hashing can look at, as the gateway's code has it.
var (
	hashedVariable = regexp.MustCompile(`^((uri|server_name|server_addr|request_uri|remote_port|remote_addr|query_string|host|hostname|mqtt_client_id)|arg_[0-9a-zA-z_-]+)$`)
	hashedName     = regexp.MustCompile(`^[a-zA-Z0-9-_]+$`)
)

// hostOrBrackets takes an IPv6 address only where it stands in brackets.
var hostOrBrackets = &rule{pattern: regexp.MustCompile(`^(\[|[^:]*$)`)}

// upstreamOf checks what the schemas don't say of upstreams and every gateway refuses all the same.
func (w *walker) upstreamOf(r gateway.Resource) {
	switch r.Key.Kind {
	case gateway.Upstreams:
		w.upstream(r.Spec)
	case gateway.Routes, gateway.Services, gateway.StreamRoutes:
		if inline, ok := r.Spec["upstream"].(map[string]any); ok {
			w.at = append(w.at, gateway.Field("upstream"))
			w.upstream(inline)
			w.at = w.at[:len(w.at)-1]
		}
	}
}

func (w *walker) upstream(body map[string]any) {
	w.trace.comparesFields(w.at, "pass_host", "type", "hash_on", "key")
	if _, named := body["upstream_host"]; body["pass_host"] == "rewrite" && !named {
		w.needs([]string{"upstream_host"})
	}
	if body["type"] == "chash" {
		w.hashing(body)
	}
	nodes, _ := body["nodes"].([]any)
	for i, item := range nodes {
		node, _ := item.(map[string]any)
		host, isText := node["host"].(string)
		depth := len(w.at)
		w.at = append(w.at, gateway.Field("nodes"), gateway.Item(i))
		if isText && !hostOrBrackets.pattern.MatchString(host) {
			w.inField("host", "write [::1]", "wrong-value", "must stand in brackets, as every IPv6 address")
		}
		w.trace.meets(append(w.at, gateway.Field("host")), hostOrBrackets, node["host"])
		w.at = w.at[:depth]
	}
}

// hashing checks what requests are told apart by.
func (w *walker) hashing(body map[string]any) {
	on, _ := body["hash_on"].(string)
	if on == "consumer" {
		return
	}
	if _, ok := body["key"]; !ok {
		w.needs([]string{"key"})
		return
	}
	key, isText := body["key"].(string)
	switch {
	case !isText: // a secret, or a fault already
	case slices.Contains([]string{"header", "cookie"}, on) && !hashedName.MatchString(key):
		w.inField("key", "write its plain name", "wrong-value", "must be the name of a %s", on)
	case (on == "" || on == "vars") && !hashedVariable.MatchString(key):
		w.inField("key", "write remote_addr, uri, arg_NAME or the like, without $", "wrong-value", "is no variable that can be hashed")
	}
}
