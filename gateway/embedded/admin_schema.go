package embedded

import (
	"maps"
	"net/http"
	"slices"
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
	switch q.query.Get("schema_type") {
	case "consumer":
		kind = gateway.Consumers
	case "metadata":
		if s, ok := g.catalogue.metadataOf(name); ok {
			return &reply{status: http.StatusOK, body: s.raw}
		}
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
		return (&reply{status: http.StatusOK, body: g.pluginList(q.query.Get("subsystem"))}).beforeResource()
	case q.query.Get("all") == "true":
		return &reply{status: http.StatusOK, body: g.allPlugins(q.query.Get("subsystem"))}
	}
	return g.pluginSchema(q, name)
}

// pluginList names the plugins, what runs first first.
func (g *Gateway) pluginList(subsystem string) []string {
	if subsystem == "stream" {
		return streamPlugins
	}
	return slices.SortedFunc(maps.Keys(pluginPriorities), func(a, b string) int {
		if pluginPriorities[a] != pluginPriorities[b] {
			return pluginPriorities[b] - pluginPriorities[a]
		}
		return strings.Compare(a, b)
	})
}

func (g *Gateway) allPlugins(subsystem string) map[string]any {
	out := map[string]any{}
	for _, name := range g.pluginList(subsystem) {
		about := map[string]any{"version": 0.1, "priority": pluginPriorities[name]}
		if s, ok := g.catalogue.plugin(name, gateway.Routes); ok {
			about["schema"] = s.raw
		}
		if s, ok := g.catalogue.consumers[name]; ok {
			about["consumer_schema"] = s.raw
		}
		if s, ok := g.catalogue.metadata[name]; ok {
			about["metadata_schema"] = s.raw
		}
		if slices.Contains(authPlugins, name) {
			about["type"] = "auth"
		}
		out[name] = about
	}
	return out
}
