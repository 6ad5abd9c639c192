package embedded

import (
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// adminSchema answers GET /schema/{type} and /schema/plugins/{name}.
func (g *Gateway) adminSchema(q *adminRequest) *reply {
	if q.method != http.MethodGet {
		return refuse(http.StatusNotFound, "not found").beforeResource()
	}
	if len(q.path) > 2 && q.path[1] == "plugins" {
		return g.pluginSchema(q, q.path[2])
	}
	name := strings.Join(q.path[1:], "/")
	if s, ok := g.catalogue.types[name]; ok && !strings.Contains(name, "/") {
		return &reply{status: http.StatusOK, body: s.raw}
	}
	return refuse(http.StatusBadRequest, "not found schema: %s", name)
}

// pluginSchema answers with a plugin's schema. To schema_type=metadata it answers as without: so the real gateway does.
func (g *Gateway) pluginSchema(q *adminRequest, name string) *reply {
	subsystem := q.query.Get("subsystem")
	kind := gateway.Routes
	switch subsystem {
	case "", "http":
		subsystem = "http"
	case "stream":
		kind = gateway.StreamRoutes
	default:
		return refuse(http.StatusBadRequest, "unsupported subsystem: %s", subsystem)
	}
	if q.query.Get("schema_type") == "consumer" && subsystem == "http" {
		kind = gateway.Consumers
	}
	s, ok := g.catalogue.plugin(name, kind)
	if !ok {
		return refuse(http.StatusNotFound, "plugin not found in subsystem %s", subsystem)
	}
	return &reply{status: http.StatusOK, body: s.raw}
}

// adminPlugins answers /plugins?all=true, /plugins/list, /plugins/reload and /plugins/{name}.
func (g *Gateway) adminPlugins(q *adminRequest) *reply {
	name := ""
	if len(q.path) > 1 {
		name = q.path[1]
	}
	switch {
	case name == "reload" && q.method == http.MethodPut:
		return (&reply{status: http.StatusOK, body: "done"}).beforeResource()
	case name == "reload":
		return refuse(http.StatusMethodNotAllowed,
			"please use PUT method to reload the plugins, %s method is not allowed.", q.method).beforeResource()
	case q.method != http.MethodGet:
		return refuse(http.StatusMethodNotAllowed, "not supported `%s` method for plugins", q.method)
	case name == "list":
		return (&reply{status: http.StatusOK, body: pluginNames(g.pluginsOf(q.query.Get("subsystem")))}).beforeResource()
	case q.query.Get("all") == "true":
		return &reply{status: http.StatusOK, body: g.allPlugins(q.query.Get("subsystem"))}
	}
	return g.pluginSchema(q, name)
}

func (g *Gateway) pluginsOf(subsystem string) map[string]*about {
	if subsystem == "stream" {
		return g.catalogue.stream
	}
	return g.catalogue.plugins
}

func (g *Gateway) allPlugins(subsystem string) map[string]any {
	out := map[string]any{}
	for name, known := range g.pluginsOf(subsystem) {
		out[name] = known.raw
	}
	return out
}
