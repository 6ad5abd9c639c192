package api7test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// control answers for what belongs to no gateway group: groups, version, schemas, templates, publishing.
func (s *Server) control(r *http.Request, path []string) answer {
	switch {
	case len(path) == 1 && path[0] == "gateway_groups":
		return searchGroups(r)
	case len(path) == 1 && path[0] == "version":
		return single(s.cfg.Version)
	case len(path) == 2 && path[0] == "schema" && path[1] == "core":
		return single(s.core())
	case len(path) == 3 && path[1] == "template":
		return s.template(r, path[0], path[2])
	case len(path) == 2 && path[0] == "services" && path[1] == "publish" && r.Method == http.MethodPost:
		return s.publish(r)
	case len(path) == 3 && path[0] == "services" && path[2] == "published_services":
		return s.publishedAnywhere(r, path[1])
	case len(path) >= 4 && path[0] == "gateway_groups" && path[2] == "services":
		return s.published(r, path[1], path[3], path[4:])
	}
	return refuse(http.StatusNotFound, "no such path")
}

func searchGroups(r *http.Request) answer {
	query := r.URL.Query()
	var found []map[string]any
	for _, group := range groups {
		if strings.Contains(group["name"].(string), query.Get("name")) {
			found = append(found, group)
		}
	}
	return paged(found, query)
}

func (s *Server) template(r *http.Request, kind, id string) answer {
	if r.Method != http.MethodPut {
		return getOrDrop(s.shared, r.Method, kind+"/"+id)
	}
	body, refused := read(r)
	if body == nil {
		return refused
	}
	if what := wrong(nil, kind, id, body); what != "" {
		return refuse(http.StatusBadRequest, "%s", what)
	}
	s.shared.put(kind+"/"+id, body)
	return single(body)
}

// publish makes templates live: the service as it is in the request, its routes as their templates are.
func (s *Server) publish(r *http.Request) answer {
	body, refused := read(r)
	if body == nil {
		return refused
	}
	group, _ := body["gateway_group_id"].(string)
	store := s.store(group)
	services, _ := body["services"].([]any)
	for _, item := range services {
		service, _ := item.(map[string]any)
		id, _ := service["service_id"].(string)
		version, _ := service["version"].(string)
		switch {
		case s.shared.objects["services/"+id].fields == nil:
			return refuse(http.StatusNotFound, "service template not found")
		case version == "" || slices.Contains(store.versions[id], version):
			return refuse(http.StatusBadRequest, "version %q of the service exists already", version)
		}
		if a := s.putInto(store, "services", id, service); a.status >= 300 {
			return a
		}
		store.objects["services/"+id].fields["version"] = version
		store.versions[id] = append(store.versions[id], version)
		s.publishRoutes(store, id)
	}
	return single(map[string]any{})
}

func (s *Server) publishRoutes(store *store, service string) {
	for _, kind := range []string{"routes", "stream_routes"} {
		for path, o := range maps.Clone(store.objects) {
			if strings.HasPrefix(path, kind+"/") && o.fields["service_id"] == service {
				delete(store.objects, path)
			}
		}
		for path, o := range s.shared.objects {
			if id, ok := strings.CutPrefix(path, kind+"/"); ok && o.fields["service_id"] == service {
				store.put(path, s.stored(kind, id, clone(o.fields)))
			}
		}
	}
}

// patchStatus puts a service on or offline. Only that survives a PUT or another version of the service.
func patchStatus(r *http.Request, service map[string]any) answer {
	var patch []struct {
		Op, Path string
		Value    int
	}
	if err := json.NewDecoder(r.Body).Decode(&patch); err != nil || len(patch) != 1 || patch[0].Op != "replace" || patch[0].Path != "/status" {
		return refuse(http.StatusBadRequest, "the body is no JSON patch of /status")
	}
	service["status"] = patch[0].Value
	return single(service)
}

func clone(fields map[string]any) map[string]any {
	return deep(fields).(map[string]any)
}

func deep(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, inner := range v {
			out[name] = deep(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = deep(inner)
		}
		return out
	}
	return v
}

func (s *Server) publishedAnywhere(r *http.Request, service string) answer {
	var found []map[string]any
	for group, store := range s.stores {
		if o, ok := store.objects["services/"+service]; ok {
			found = append(found, map[string]any{"id": group + "/" + service, "version": o.fields["version"]})
		}
	}
	return paged(found, r.URL.Query())
}

// published answers for one service of a group: it must be offline before it is deleted.
func (s *Server) published(r *http.Request, group, service string, rest []string) answer {
	store := s.store(group)
	o, found := store.objects["services/"+service]
	switch {
	case !found:
		return refuse(http.StatusNotFound, "service not found")
	case len(rest) == 1 && rest[0] == "runtime_configuration" && r.Method == http.MethodPatch:
		return patchStatus(r, o.fields)
	case r.Method == http.MethodDelete && o.fields["status"] != 0:
		return refuse(http.StatusBadRequest, "the service is online")
	}
	return getOrDrop(store, r.Method, "services/"+service)
}
