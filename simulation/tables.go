package simulation

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// tableAnswer answers what a gateway tells of itself, and lists of kinds that no run uses, without asking it: a run starts many
// daemons, and each of them asks. Nil leaves the request to the gateway. The plugins are those that the runs use.
func tableAnswer(r *request) *answer {
	path := strings.TrimPrefix(r.path, adminPath)
	switch {
	case r.method != http.MethodGet && r.method != http.MethodHead:
		return nil
	case strings.HasPrefix(path, "/schema/"), strings.HasPrefix(path, "/plugins?"), path == "":
		return tables()(path)
	case unused[gateway.Kind(strings.TrimPrefix(path, "/"))]:
		return said(http.StatusOK, "application/json", `{"list":[],"total":0}`)
	}
	return nil
}

// unused are the kinds that no run has resources of.
var unused = map[gateway.Kind]bool{
	gateway.Secrets: true, gateway.PluginMetadata: true, gateway.SSLs: true, gateway.Protos: true, gateway.ConsumerGroups: true,
	gateway.Consumers: true, gateway.StreamRoutes: true,
}

// usedPlugins are those that the runs know, usedFields the fields of resources that they have.
var (
	usedPlugins = []string{"request-id", "cors", "response-rewrite", "uri-blocker", "traffic-split", lockPlugin}
	usedFields  = []string{
		"id", "desc", "labels", "plugins", "uri", "priority", "hosts", "nodes", "retries", "upstream", "service_id", "upstream_id", "plugin_config_id",
	}
)

// tables returns what answers a path with the part that is used of what an embedded gateway said once.
var tables = sync.OnceValue(func() func(string) *answer {
	gw, err := embedded.New(embedded.Config{AdminKey: adminKey, Workers: 1})
	if err != nil {
		panic(err) // without listeners and files nothing can fail
	}
	defer gw.Close()
	s := &site{name: "tables", handler: gw.AdminHandler()}
	known := map[string]*answer{"": s.call(http.MethodHead, adminPath, nil)}
	for _, path := range []string{"/schema/upstream", "/schema/plugin_config", "/schema/service", "/schema/route", "/schema/global_rule"} {
		known[path] = slim(s.call(http.MethodGet, adminPath+path, nil))
	}
	known["/plugins?all=true"] = keep(s.call(http.MethodGet, adminPath+"/plugins?all=true", nil), usedPlugins)
	known["/plugins?all=true&subsystem=stream"] = said(http.StatusOK, "application/json", "{}")
	return func(path string) *answer {
		if a, ok := known[path]; ok {
			return a.copy()
		}
		return said(http.StatusOK, "application/json", `{"type":"object"}`)
	}
})

// keep leaves these members of an object.
func keep(a *answer, names []string) *answer {
	var all, few = map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if err := json.Unmarshal(a.body.Bytes(), &all); err != nil {
		panic(err) // the gateway's own
	}
	for _, name := range names {
		if told, ok := all[name]; ok {
			few[name] = told
		}
	}
	a.body.Reset()
	a.body.WriteString(text(few))
	return a
}

// slim leaves the fields of a schema that are used, and of an upstream within another resource no more than that it is an object.
func slim(a *answer) *answer {
	var whole struct {
		Type       string                     `json:"type"`
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(a.body.Bytes(), &whole); err != nil {
		panic(err) // the gateway's own
	}
	maps.DeleteFunc(whole.Properties, func(name string, _ json.RawMessage) bool { return !slices.Contains(usedFields, name) })
	if _, nested := whole.Properties["upstream"]; nested {
		whole.Properties["upstream"] = json.RawMessage(`{"type":"object"}`)
	}
	a.body.Reset()
	a.body.WriteString(text(whole))
	return a
}

// copy is the same answer for another request.
func (a *answer) copy() *answer {
	again := said(a.status, "", a.body.String())
	again.header = a.header.Clone()
	return again
}
