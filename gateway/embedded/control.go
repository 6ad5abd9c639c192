package embedded

import (
	"maps"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway"
)

// controlHandler answers from the view of one worker, whichever it is: what that worker has taken, not what is stored.
func (g *Gateway) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /status", g.statusHandler())
	mux.Handle("GET /status/ready", g.statusHandler())
	for _, kind := range []gateway.Kind{gateway.Routes, gateway.Services, gateway.Upstreams} {
		info, _ := kindOf(string(kind))
		mux.HandleFunc("GET /v1/"+string(kind), func(w http.ResponseWriter, _ *http.Request) {
			list := []any{}
			for _, o := range g.anyWorker().all(kind) {
				list = append(list, g.taken(o, info.singular))
			}
			g.writeReply(w, &reply{status: http.StatusOK, early: true, body: list})
		})
		mux.HandleFunc("GET /v1/"+info.singular+"/{id}", func(w http.ResponseWriter, r *http.Request) {
			g.writeReply(w, g.takenReply(kind, r.PathValue("id"), info.singular))
		})
	}
	mux.HandleFunc("GET /v1/healthcheck", func(w http.ResponseWriter, _ *http.Request) {
		g.writeReply(w, &reply{status: http.StatusOK, early: true, body: []any{}}) // it checks no nodes
	})
	mux.HandleFunc("GET /v1/plugin_metadata/{id}", func(w http.ResponseWriter, r *http.Request) {
		o := g.anyWorker().get(gateway.PluginMetadata, r.PathValue("id"))
		if o == nil {
			g.writeReply(w, refuse(http.StatusNotFound, "plugin metadata[%s] not found", r.PathValue("id")).beforeResource())
			return
		}
		g.writeReply(w, &reply{status: http.StatusOK, early: true, body: o.value})
	})
	return mux
}

func (g *Gateway) takenReply(kind gateway.Kind, id, singular string) *reply {
	o := g.anyWorker().get(kind, id)
	if o == nil {
		return refuse(http.StatusNotFound, "%s[%s] not found", singular, id).beforeResource()
	}
	return &reply{status: http.StatusOK, early: true, body: g.taken(o, singular)}
}

// taken is an object as a worker has it: with the defaults, and with the nodes of an upstream as a list.
func (g *Gateway) taken(o *object, singular string) map[string]any {
	value := g.catalogue.types[singular].filled(o.value).(map[string]any)
	upstream := value
	if inline, ok := value["upstream"].(map[string]any); ok {
		upstream = inline
	}
	if nodes, ok := upstream["nodes"].(map[string]any); ok {
		listed := maps.Clone(upstream)
		listed["nodes"] = nodeList(nodes)
		if o.key.Kind == gateway.Upstreams {
			value = listed
		} else {
			value["upstream"] = listed
		}
	}
	return map[string]any{
		"key": storePath(o.key), "value": value, "createdIndex": o.created, "modifiedIndex": o.modified,
		"orig_modifiedIndex": o.modified, "update_count": 0, "has_domain": false, "clean_handlers": map[string]any{},
	}
}

func nodeList(nodes map[string]any) []any {
	list := []any{}
	for _, address := range sortedNames(nodes) {
		host, port := splitAddress(address)
		item := map[string]any{"host": host, "weight": nodes[address]}
		if n, err := parseJSON([]byte(port)); err == nil {
			item["port"] = n
		}
		list = append(list, item)
	}
	return list
}
