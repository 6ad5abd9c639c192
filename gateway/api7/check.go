package api7

import (
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// Check tells what API7 Enterprise can't hold of a resource, in order of field; nil when it holds all of it. The API itself would
// drop most of these fields without a word. It needs no gateway, and knows nothing of what schemas say.
func Check(r gateway.Resource) []gateway.Fault {
	c := checker{key: r.Key}
	if instead, missing := missingKinds[r.Key.Kind]; missing {
		c.fault(nil, "API7 Enterprise has no "+string(r.Key.Kind), instead)
		return c.faults
	}
	if r.Key.Kind == gateway.Routes && isBridge(r.Key.ID) {
		return nil // it becomes a service and a route, which are checked on their own
	}
	c.known(r.Spec, fieldsOf[r.Key.Kind], nil)
	c.labels(r.Spec["labels"], gateway.Path{gateway.Field("labels")})
	switch r.Key.Kind {
	case gateway.Services:
		c.service(r.Spec)
	case gateway.Routes:
		c.route(r.Spec)
	case gateway.StreamRoutes:
		c.needsService(r.Spec)
	case gateway.Consumers:
		c.consumer(r.Spec)
	case gateway.SSLs:
		c.nested(r.Spec["client"], clientFields, gateway.Path{gateway.Field("client")})
	case gateway.GlobalRules:
		c.globalRule(r.Spec)
	}
	return c.faults
}

// missingKinds are the kinds that the API does not have, and what takes their place.
var missingKinds = map[gateway.Kind]string{
	gateway.Upstreams:      "write the upstream into its service: services: {ID: {upstream: {…}}}, or below upstreams: there for a further one",
	gateway.PluginConfigs:  "write the plugins into the service or into the routes",
	gateway.ConsumerGroups: "write the plugins into the consumers",
}

// checker collects the faults of one resource.
type checker struct {
	key    gateway.Key
	faults []gateway.Fault
}

func (c *checker) fault(at gateway.Path, what, hint string) {
	c.faults = append(c.faults, gateway.Fault{Key: c.key, Path: at, What: what, Hint: hint})
}

// known refuses every field that the API has no place for; nil knows any.
func (c *checker) known(spec map[string]any, fields map[string]bool, at gateway.Path) {
	if fields == nil {
		return
	}
	for _, field := range slices.Sorted(maps.Keys(spec)) {
		if !fields[field] {
			c.fault(at.With(gateway.Field(field)), "API7 Enterprise can't hold "+field+" of "+c.whole(at), c.instead(field))
		}
	}
}

// whole names what a field stands in.
func (c *checker) whole(at gateway.Path) string {
	if len(at) == 0 {
		return string(c.key.Kind)
	}
	for i := len(at) - 1; i >= 0; i-- {
		if at[i].Field {
			return at[i].Key
		}
	}
	return string(c.key.Kind)
}

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

func (c *checker) instead(field string) string {
	if hint, ok := insteads[string(c.key.Kind)+"."+field]; ok {
		return hint
	}
	return "remove it, or set it to nothing with !reset for this gateway group"
}

// nested refuses the unknown fields of a map inside a resource.
func (c *checker) nested(v any, fields map[string]bool, at gateway.Path) {
	if inner, ok := v.(map[string]any); ok {
		c.known(inner, fields, at)
	}
}

func (c *checker) labels(v any, at gateway.Path) {
	labels, _ := v.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		at := at.With(gateway.Field(name))
		switch value := labels[name].(type) {
		case string:
			if labelList(value) != nil {
				c.fault(at, "the text of a label reads as a list", "write the list itself: [a, b]")
			}
		case []any:
			if slices.ContainsFunc(value, func(item any) bool { _, plain := item.(string); return !plain }) {
				c.fault(at, "a label holds texts only", "quote what is in the list")
			}
		default:
			c.fault(at, "a label is a text, or a list of texts", "quote it to make it text")
		}
	}
}

func (c *checker) service(spec map[string]any) {
	c.upstream(spec["upstream"], gateway.Path{gateway.Field("upstream")})
	at := gateway.Path{gateway.Field("upstreams")}
	upstreams, ok := spec["upstreams"].(map[string]any)
	if !ok && spec["upstreams"] != nil {
		c.fault(at, "upstreams of a service must be a map", "write upstreams: {ID: {nodes: […]}}")
	}
	for _, id := range slices.Sorted(maps.Keys(upstreams)) {
		c.extraUpstream(id, upstreams[id], at.With(gateway.Field(id)))
	}
}

func (c *checker) extraUpstream(id string, v any, at gateway.Path) {
	upstream, ok := v.(map[string]any)
	switch {
	case !ok:
		c.fault(at, "an upstream must be a map", "write {nodes: […]}")
	case plainSegment(id) != nil:
		c.fault(at, "the name can't be an id", "use letters, digits, dots, underscores and hyphens")
	case id == c.key.ID:
		c.fault(at, "this is the id of the service's own upstream", "choose another id, or write it as upstream: {…}")
	}
	c.upstream(upstream, at)
	if _, asMap := upstream["nodes"].(map[string]any); asMap {
		c.fault(at.With(gateway.Field("nodes")), "the nodes of an extra upstream must be a list", "write [{host: …, port: 80, weight: 1}]")
	}
	if tls, _ := upstream["tls"].(map[string]any); tls["client_key"] != nil {
		c.fault(at.With(gateway.Field("tls")).With(gateway.Field("client_key")), "an extra upstream can't hold a private key: it would never compare",
			"write the certificate as an ssl of type client, and name it in client_cert_id")
	}
}

func (c *checker) upstream(v any, at gateway.Path) {
	upstream, _ := v.(map[string]any)
	c.known(upstream, upstreamFields, at)
	c.labels(upstream["labels"], at.With(gateway.Field("labels")))
	c.nested(upstream["tls"], tlsFields, at.With(gateway.Field("tls")))
	nodes, _ := upstream["nodes"].([]any)
	for i, node := range nodes {
		c.nested(node, nodeFields, at.With(gateway.Field("nodes")).With(gateway.Item(i)))
	}
}

func (c *checker) route(spec map[string]any) {
	c.needsService(spec)
	if status, ok := spec["status"]; ok && !gateway.Equal(status, int64(1)) {
		c.fault(gateway.Path{gateway.Field("status")}, "API7 Enterprise can't hold a route that is switched off",
			"remove the route from this gateway group with !reset")
	}
}

func (c *checker) needsService(spec map[string]any) {
	if idText(spec["service_id"]) == "" {
		c.fault(nil, strings.TrimSuffix(string(c.key.Kind), "s")+" without a service", "write a service with an upstream, and name it in service_id")
	}
}

// authPlugins are those that belong into credentials.
var authPlugins = []string{"basic-auth", "hmac-auth", "jwe-decrypt", "jwt-auth", "key-auth", "ldap-auth", "wolf-rbac"}

func (c *checker) consumer(spec map[string]any) {
	plugins, _ := spec["plugins"].(map[string]any)
	for _, name := range authPlugins {
		if _, ok := plugins[name]; ok {
			c.fault(gateway.Path{gateway.Field("plugins"), gateway.Field(name)}, "API7 Enterprise can't hold "+name+" on a consumer itself",
				"write it into a credential: credentials: {main: {plugins: {"+name+": {…}}}}")
		}
	}
}

func (c *checker) globalRule(spec map[string]any) {
	plugins, _ := spec["plugins"].(map[string]any)
	if _, own := plugins[c.key.ID]; own && len(plugins) == 1 {
		return
	}
	c.fault(gateway.Path{gateway.Field("plugins")}, "a global rule holds exactly the plugin that it is named after",
		"make one rule for each plugin: global_rules: {cors: {plugins: {cors: {…}}}}")
}
