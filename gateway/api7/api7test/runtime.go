package api7test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
)

// runtime answers for the resources of one gateway group.
func (s *Server) runtime(r *http.Request, token string, path []string) answer {
	store, refused := s.group(r, token)
	if store == nil {
		return refused
	}
	kind := path[0]
	switch kind {
	case "plugins":
		return plugins(path[1:])
	case "configs":
		return s.validate(r)
	case "plugin_metadata":
		return metadata(store, r, path[1:])
	case "secret_providers":
		return secrets(store, r, path[1:])
	}
	if fields[kind] == nil {
		return refuse(http.StatusNotFound, "resource %s not found", kind)
	}
	switch {
	case len(path) == 1 && r.Method == http.MethodGet:
		return list(store, r, kind)
	case len(path) == 2 && path[1] != "":
		return s.resource(store, r, kind, path[1])
	case kind == "services" && len(path) > 2 && path[2] == "upstreams":
		return s.upstreams(store, r, path[1], path[3:])
	case kind == "consumers" && len(path) > 2 && path[2] == "credentials":
		return credentials(store, r, path[1], path[3:])
	}
	return refuse(http.StatusNotFound, "no such path")
}

func list(store *store, r *http.Request, kind string) answer {
	query := r.URL.Query()
	if kind == "routes" || kind == "stream_routes" {
		service := query.Get("service_id")
		if service == "" {
			return refuse(http.StatusBadRequest, "service_id is required")
		}
		return paged(store.below(kind, func(o map[string]any) bool { return o["service_id"] == service }), query)
	}
	return paged(store.below(kind, labelled(query)), query)
}

func (s *Server) resource(store *store, r *http.Request, kind, id string) answer {
	path := kind + "/" + id
	if r.Method != http.MethodGet && s.cfg.Enforced && (kind == "services" || kind == "routes" || kind == "stream_routes") {
		return refuse(http.StatusBadRequest, "service publishing is enforced in this gateway group")
	}
	switch r.Method {
	case http.MethodPut:
		body, refused := read(r)
		if body == nil {
			return refused
		}
		return s.putInto(store, kind, id, body)
	case http.MethodGet, http.MethodDelete:
		return getOrDrop(store, r.Method, path)
	}
	return refuse(http.StatusMethodNotAllowed, "method not allowed")
}

// putInto checks a body, and stores what there is a place for.
func (s *Server) putInto(store *store, kind, id string, body map[string]any) answer {
	if what := wrong(store, kind, id, body); what != "" {
		return refuse(http.StatusBadRequest, "%s", what)
	}
	kept := s.stored(kind, id, body)
	if before := store.objects[kind+"/"+id].fields; kind == "services" && before != nil {
		kept["status"] = before["status"]
	}
	store.put(kind+"/"+id, kept)
	return single(kept)
}

func getOrDrop(store *store, method, path string) answer {
	o, found := store.objects[path]
	if !found {
		return refuse(http.StatusNotFound, "%s not found", path)
	}
	if method == http.MethodDelete {
		store.drop(path)
		return answer{http.StatusOK, map[string]any{}}
	}
	return single(o.fields)
}

func read(r *http.Request) (map[string]any, answer) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body == nil {
		return nil, refuse(http.StatusBadRequest, "the body is no JSON object")
	}
	return body, answer{}
}

func (s *Server) upstreams(store *store, r *http.Request, service string, path []string) answer {
	own, found := store.objects["services/"+service]
	directory := "services/" + service + "/upstreams"
	switch {
	case !found:
		return refuse(http.StatusNotFound, "service not found")
	case len(path) == 0 && r.Method == http.MethodGet:
		items := store.below(directory, all)
		if upstream, ok := own.fields["upstream"].(map[string]any); ok {
			first := maps.Clone(upstream)
			first["id"] = service
			items = append([]map[string]any{first}, items...)
		}
		return paged(items, r.URL.Query())
	case len(path) != 1:
		return refuse(http.StatusNotFound, "no such path")
	case r.Method == http.MethodPut:
		body, refused := read(r)
		if body == nil {
			return refused
		}
		if what := wrongUpstream(body); what != "" {
			return refuse(http.StatusBadRequest, "%s", what)
		}
		kept := s.filledUpstream(body)
		kept["id"] = path[0]
		store.put(directory+"/"+path[0], kept)
		return single(kept)
	case r.Method == http.MethodDelete && inUse(store, service, path[0]):
		return refuse(http.StatusBadRequest, "upstream %s is in use", path[0])
	}
	return getOrDrop(store, r.Method, directory+"/"+path[0])
}

// inUse reports whether a route of the service names the upstream in a plugin.
func inUse(store *store, service, upstream string) bool {
	for path, o := range store.objects {
		if strings.HasPrefix(path, "routes/") && o.fields["service_id"] == service && splitNames(o.fields["plugins"])[upstream] {
			return true
		}
	}
	return false
}

func credentials(store *store, r *http.Request, consumer string, path []string) answer {
	directory := "consumers/" + consumer + "/credentials"
	switch {
	case store.objects["consumers/"+consumer].fields == nil:
		return refuse(http.StatusNotFound, "consumer not found")
	case len(path) == 0 && r.Method == http.MethodGet:
		return paged(store.below(directory, all), r.URL.Query())
	case len(path) != 1:
		return refuse(http.StatusNotFound, "no such path")
	case r.Method == http.MethodPut:
		body, refused := read(r)
		if body == nil {
			return refused
		}
		if plugins, _ := body["plugins"].(map[string]any); len(plugins) != 1 || body["name"] == nil {
			return refuse(http.StatusBadRequest, `property "name" is required, and one plugin`)
		}
		kept := only(body, credentialFields)
		kept["id"] = path[0]
		store.put(directory+"/"+path[0], kept)
		return single(kept)
	}
	return getOrDrop(store, r.Method, directory+"/"+path[0])
}

func metadata(store *store, r *http.Request, path []string) answer {
	if len(path) == 0 && r.Method == http.MethodGet {
		value := map[string]any{}
		for name, o := range store.objects {
			if plugin, ok := strings.CutPrefix(name, "plugin_metadata/"); ok {
				value[plugin] = o.fields
			}
		}
		return single(value)
	}
	if len(path) == 1 && r.Method == http.MethodPut {
		body, refused := read(r)
		if body == nil {
			return refused
		}
		store.put("plugin_metadata/"+path[0], body)
		return single(body)
	}
	if len(path) == 1 && r.Method == http.MethodDelete {
		return getOrDrop(store, r.Method, "plugin_metadata/"+path[0])
	}
	return refuse(http.StatusMethodNotAllowed, "method not allowed")
}

func secrets(store *store, r *http.Request, path []string) answer {
	switch {
	case len(path) == 0 && r.Method == http.MethodGet:
		var items []map[string]any
		for name, o := range store.objects {
			if strings.HasPrefix(name, "secret_providers/") {
				items = append(items, o.fields)
			}
		}
		return paged(items, r.URL.Query())
	case len(path) == 2 && r.Method == http.MethodPut:
		body, refused := read(r)
		if body == nil {
			return refused
		}
		body["id"] = path[0] + "/" + path[1]
		store.put("secret_providers/"+path[0]+"/"+path[1], body)
		return single(body)
	case len(path) == 2:
		return getOrDrop(store, r.Method, "secret_providers/"+strings.Join(path, "/"))
	}
	return refuse(http.StatusNotFound, "no such path")
}
