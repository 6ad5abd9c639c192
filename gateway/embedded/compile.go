package embedded

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// route is what the data plane needs of a route. It is read-only and shared by all workers.
type route struct {
	id             string
	uris           []string
	hosts          []string // in lower case
	methods        []string // empty: any
	addresses      []netip.Prefix
	vars           condition // nil: always
	priority       float64
	enabled        bool
	serviceID      string
	upstreamID     string
	pluginConfigID string
	upstream       *upstream
	plugins        pluginSet
	timeout        *timeouts
	code           string // the field that holds code, "" without
}

type service struct {
	id         string
	hosts      []string
	upstreamID string
	upstream   *upstream
	plugins    pluginSet
}

type consumer struct {
	username string
	groupID  string
	plugins  pluginSet
}

// compile makes of an object what the data plane works with.
func (g *Gateway) compile(o *object) any {
	value := o.value
	switch o.key.Kind {
	case gateway.Routes:
		return g.compileRoute(o)
	case gateway.Services:
		return &service{
			id: o.key.ID, hosts: lower(texts(value["hosts"])), upstreamID: idText(value["upstream_id"]),
			upstream: g.compileInline(value), plugins: g.compilePlugins(o.key, value),
		}
	case gateway.Upstreams:
		return g.compileUpstream(value)
	case gateway.Consumers:
		return &consumer{username: o.key.ID, groupID: idText(value["group_id"]), plugins: g.compilePlugins(o.key, value)}
	case gateway.PluginConfigs, gateway.ConsumerGroups, gateway.GlobalRules:
		return g.compilePlugins(o.key, value)
	case gateway.SSLs:
		return compileSSL(value)
	}
	return nil
}

func (g *Gateway) compileRoute(o *object) *route {
	value := o.value
	r := &route{
		id: o.key.ID, uris: urisOf(value), hosts: lower(texts(value["hosts"])), methods: texts(value["methods"]),
		serviceID: idText(value["service_id"]), upstreamID: idText(value["upstream_id"]),
		pluginConfigID: idText(value["plugin_config_id"]), upstream: g.compileInline(value),
		plugins: g.compilePlugins(o.key, value), timeout: timeoutsOf(value["timeout"]), enabled: value["status"] != 0.0,
	}
	r.priority, _ = value["priority"].(float64)
	for _, field := range []string{"filter_func", "script"} {
		if value[field] != nil {
			r.code = field
		}
	}
	if host, ok := value["host"].(string); ok {
		r.hosts = []string{strings.ToLower(host)}
	}
	addresses := texts(value["remote_addrs"])
	if address, ok := value["remote_addr"].(string); ok {
		addresses = []string{address}
	}
	// What the schema let through parses.
	r.addresses, _ = prefixesOf(addresses)
	if vars, ok := value["vars"].([]any); ok && len(vars) > 0 {
		r.vars, _ = parseVars(vars)
	}
	return r
}

func (g *Gateway) compileInline(value map[string]any) *upstream {
	if inline, ok := value["upstream"].(map[string]any); ok {
		return g.compileUpstream(inline)
	}
	return nil
}

func lower(list []string) []string {
	for i, text := range list {
		list[i] = strings.ToLower(text)
	}
	return list
}

// matches reports whether the request has the method, the address and the variables that the route wants.
func (r *route) matches(x *exchange) bool {
	if len(r.methods) > 0 && !slices.Contains(r.methods, x.r.Method) {
		return false
	}
	if len(r.addresses) > 0 && !within(r.addresses, x.remoteAddress()) {
		return false
	}
	return r.vars == nil || r.vars(x.variable)
}

// uriPattern compiles a uri with a star before its end; nil when it has none.
func uriPattern(uri string) *regexp.Regexp {
	star := strings.IndexByte(uri, '*')
	if star < 0 || star == len(uri)-1 {
		return nil
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(uri), `\*`, `.*`)
	expression, err := regexp.Compile("^" + pattern + "$")
	if err != nil {
		return nil
	}
	return expression
}
