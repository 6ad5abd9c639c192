package schema

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// API7 tells what API7 Enterprise can't hold of a resource, in order of field; nil when it holds all of it. It knows nothing of
// what the schemas of a gateway say.
func API7(r gateway.Resource) []gateway.Fault {
	c := api7Checker{key: r.Key}
	if instead, missing := missingInAPI7[r.Key.Kind]; missing {
		c.gap(nil, "API7 Enterprise has no "+string(r.Key.Kind), instead)
		return c.faults
	}
	if r.Key.Kind == gateway.Routes && strings.HasPrefix(r.Key.ID, "sluice-bridge-") {
		return nil // it becomes a service and a route, which are checked on their own
	}
	c.known(r.Spec, api7Kinds[r.Key.Kind], nil)
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
		c.nested(r.Spec["client"], api7Client, gateway.Path{gateway.Field("client")})
	case gateway.GlobalRules:
		c.globalRule(r.Spec)
	}
	return c.faults
}

// missingInAPI7 are the kinds that the API does not have, and what takes their place.
var missingInAPI7 = map[gateway.Kind]string{
	gateway.Upstreams:      "write the upstream into its service: services: {ID: {upstream: {…}}}, or below upstreams: there for a further one",
	gateway.PluginConfigs:  "write the plugins into the service or into the routes",
	gateway.ConsumerGroups: "write the plugins into the consumers",
}

// api7Checker collects the faults of one resource.
type api7Checker struct {
	key    gateway.Key
	faults []gateway.Fault
}

func (c *api7Checker) gap(at gateway.Path, what, hint string) {
	c.faults = append(c.faults, gateway.Fault{Key: c.key, Path: at, What: what, Hint: hint})
}

// known refuses every field that the API has no place for; nil knows any.
func (c *api7Checker) known(spec map[string]any, fields map[string]bool, at gateway.Path) {
	if fields == nil {
		return
	}
	for _, field := range slices.Sorted(maps.Keys(spec)) {
		if !fields[field] {
			c.gap(at.With(gateway.Field(field)), "API7 Enterprise can't hold "+field+" of "+c.whole(at), c.instead(field))
		}
	}
}

// whole names what a field stands in.
func (c *api7Checker) whole(at gateway.Path) string {
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

func (c *api7Checker) instead(field string) string {
	if hint, ok := insteads[string(c.key.Kind)+"."+field]; ok {
		return hint
	}
	return "remove it, or set it to nothing with !reset for this gateway group"
}

// nested refuses the unknown fields of a map inside a resource.
func (c *api7Checker) nested(v any, fields map[string]bool, at gateway.Path) {
	if inner, ok := v.(map[string]any); ok {
		c.known(inner, fields, at)
	}
}

func (c *api7Checker) labels(v any, at gateway.Path) {
	labels, _ := v.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		at := at.With(gateway.Field(name))
		switch value := labels[name].(type) {
		case string:
			if readsAsList(value) {
				c.gap(at, "the text of a label reads as a list", "write the list itself: [a, b]")
			}
		case []any:
			if slices.ContainsFunc(value, func(item any) bool { _, plain := item.(string); return !plain }) {
				c.gap(at, "a label holds texts only", "quote what is in the list")
			}
		default:
			c.gap(at, "a label is a text, or a list of texts", "quote it to make it text")
		}
	}
}

func (c *api7Checker) service(spec map[string]any) {
	c.upstream(spec["upstream"], gateway.Path{gateway.Field("upstream")})
	at := gateway.Path{gateway.Field("upstreams")}
	upstreams, ok := spec["upstreams"].(map[string]any)
	if !ok && spec["upstreams"] != nil {
		c.gap(at, "upstreams of a service must be a map", "write upstreams: {ID: {nodes: […]}}")
	}
	for _, id := range slices.Sorted(maps.Keys(upstreams)) {
		c.extraUpstream(id, upstreams[id], at.With(gateway.Field(id)))
	}
}

func (c *api7Checker) extraUpstream(id string, v any, at gateway.Path) {
	upstream, ok := v.(map[string]any)
	switch {
	case !ok:
		c.gap(at, "an upstream must be a map", "write {nodes: […]}")
	case badSegment(id):
		c.gap(at, "the name can't be an id", "use letters, digits, dots, underscores and hyphens")
	case id == c.key.ID:
		c.gap(at, "this is the id of the service's own upstream", "choose another id, or write it as upstream: {…}")
	}
	c.upstream(upstream, at)
	if _, asMap := upstream["nodes"].(map[string]any); asMap {
		c.gap(at.With(gateway.Field("nodes")), "the nodes of an extra upstream must be a list", "write [{host: …, port: 80, weight: 1}]")
	}
	if tls, _ := upstream["tls"].(map[string]any); tls["client_key"] != nil {
		c.gap(at.With(gateway.Field("tls")).With(gateway.Field("client_key")), "an extra upstream can't hold a private key: it would never compare",
			"write the certificate as an ssl of type client, and name it in client_cert_id")
	}
}

func (c *api7Checker) upstream(v any, at gateway.Path) {
	upstream, _ := v.(map[string]any)
	c.known(upstream, api7Upstream, at)
	c.labels(upstream["labels"], at.With(gateway.Field("labels")))
	c.nested(upstream["tls"], api7TLS, at.With(gateway.Field("tls")))
	nodes, _ := upstream["nodes"].([]any)
	for i, node := range nodes {
		c.nested(node, api7Node, at.With(gateway.Field("nodes")).With(gateway.Item(i)))
	}
}

func (c *api7Checker) route(spec map[string]any) {
	c.needsService(spec)
	if status, ok := spec["status"]; ok && !gateway.Equal(status, int64(1)) {
		c.gap(gateway.Path{gateway.Field("status")}, "API7 Enterprise can't hold a route that is switched off",
			"remove the route from this gateway group with !reset")
	}
}

func (c *api7Checker) needsService(spec map[string]any) {
	id := spec["service_id"]
	if text, isText := id.(string); id == nil || isText && text == "" {
		c.gap(nil, strings.TrimSuffix(string(c.key.Kind), "s")+" without a service", "write a service with an upstream, and name it in service_id")
	}
}

// credentialPlugins are those that belong into credentials.
var credentialPlugins = []string{"basic-auth", "hmac-auth", "jwe-decrypt", "jwt-auth", "key-auth", "ldap-auth", "wolf-rbac"}

func (c *api7Checker) consumer(spec map[string]any) {
	plugins, _ := spec["plugins"].(map[string]any)
	for _, name := range credentialPlugins {
		if _, ok := plugins[name]; ok {
			c.gap(gateway.Path{gateway.Field("plugins"), gateway.Field(name)}, "API7 Enterprise can't hold "+name+" on a consumer itself",
				"write it into a credential: credentials: {main: {plugins: {"+name+": {…}}}}")
		}
	}
}

func (c *api7Checker) globalRule(spec map[string]any) {
	plugins, _ := spec["plugins"].(map[string]any)
	if _, own := plugins[c.key.ID]; own && len(plugins) == 1 {
		return
	}
	c.gap(gateway.Path{gateway.Field("plugins")}, "a global rule holds exactly the plugin that it is named after",
		"make one rule for each plugin: global_rules: {cors: {plugins: {cors: {…}}}}")
}

func badSegment(id string) bool {
	return id == "" || id == "." || id == ".." || strings.Contains(id, "/")
}

// readsAsList reports whether a label is a list of texts, as the API holds one.
func readsAsList(text string) bool {
	var list []*string
	return strings.HasPrefix(text, "[") && json.Unmarshal([]byte(text), &list) == nil && !slices.Contains(list, nil)
}
