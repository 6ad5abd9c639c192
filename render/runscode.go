package render

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// codePlugins run what stands in their configuration: Lua, a program, or a plugin runner.
var codePlugins = []string{
	"serverless-pre-function", "serverless-post-function", "exit-transformer", "inspect", "mcp-bridge",
	"ext-plugin-pre-req", "ext-plugin-post-req", "ext-plugin-post-resp",
}

// codeFields are the fields of a kind that hold Lua.
var codeFields = map[gateway.Kind][]string{
	gateway.Routes: {"filter_func", "script"}, gateway.Services: {"script"},
}

// codeWarnings points at configuration that the gateway runs as code.
func codeWarnings(r gateway.Resource) diag.List {
	var places []gateway.Path
	for _, field := range codeFields[r.Key.Kind] {
		if _, ok := r.Spec[field]; ok {
			places = append(places, gateway.Path{gateway.Field(field)})
		}
	}
	plugins, _ := r.Spec["plugins"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(plugins)) {
		if conf, at := pluginOf(r, name); conf != nil {
			places = append(places, codeIn(name, conf, at)...)
		}
	}
	if r.Key.Kind == gateway.PluginMetadata && slices.Contains(codePlugins, r.Key.ID) {
		places = append(places, nil)
	}
	var warnings diag.List
	for _, at := range places {
		warnings.Add(diag.Warningf(r.Origin.Place(at), "runs-code", "the gateway runs %s as code", upstreamText(r.Key, at)).
			WithHint("review it as you review programs: who can merge here can run code on the gateway"))
	}
	return warnings
}

// codeIn returns the places in one plugin's configuration that hold code.
func codeIn(name string, conf map[string]any, at gateway.Path) []gateway.Path {
	if slices.Contains(codePlugins, name) {
		return []gateway.Path{at}
	}
	var places []gateway.Path
	for _, path := range [][2]string{{"_meta", "pre_function"}, {"request", "template"}, {"response", "template"}} {
		if path[1] == "template" && name != "body-transformer" {
			continue
		}
		part, _ := conf[path[0]].(map[string]any)
		if _, ok := part[path[1]]; ok {
			places = append(places, at.With(gateway.Field(path[0])).With(gateway.Field(path[1])))
		}
	}
	return places
}
