package plan

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// behaviour is what a request meets on a resource, aspect by aspect: the backend with what guards it (every plugin that keeps requests
// out, so that no backend is seen without its guard), and each other plugin. Each aspect is a text that only tells two of them apart. On the way from live to desired a
// request may meet each aspect as it was or as it will be, and nothing else.
type behaviour map[string]string

// between reports whether every aspect is one that either of the two has.
func (b behaviour) between(old, next behaviour) bool {
	for _, side := range []behaviour{b, old, next} {
		for aspect := range side {
			if b[aspect] != old[aspect] && b[aspect] != next[aspect] {
				return false
			}
		}
	}
	return true
}

// layer is a body, and the view in which what it refers to is found.
type layer struct {
	spec map[string]any
	view view
}

// behaviour evaluates a resource as the workers that share this view see it.
func (v view) behaviour(key gateway.Key) behaviour {
	own, ok := v.layer(key)
	if !ok {
		return behaviour{}
	}
	layers := append(own.below(key.Kind), own) // what is below is hidden by what is above
	b := behaviour{}
	plugins := map[string]string{}
	for _, l := range layers {
		if text := l.backend(); text != "" {
			b["backend"] = text
		}
		confs, _ := l.spec["plugins"].(map[string]any)
		for name, conf := range confs {
			plugins[name] = l.plugin(name, conf)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(plugins)) {
		if slices.Contains(protective, name) {
			b["backend"] += " " + name + plugins[name]
		} else {
			b["plugin "+name] = plugins[name]
		}
	}
	return b
}

// below lists what a body inherits from, the farthest first.
func (l layer) below(kind gateway.Kind) []layer {
	fields := map[string]gateway.Kind{}
	switch kind {
	case gateway.Routes, gateway.StreamRoutes:
		fields = map[string]gateway.Kind{"1 service_id": gateway.Services, "2 plugin_config_id": gateway.PluginConfigs}
	case gateway.Consumers:
		fields = map[string]gateway.Kind{"1 group_id": gateway.ConsumerGroups}
	}
	var layers []layer
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if id, ok := l.spec[field[2:]]; ok {
			if found, ok := l.view.layer(gateway.Key{Kind: fields[field], ID: gateway.Show(id)}); ok {
				layers = append(layers, found)
			}
		}
	}
	return layers
}

// backend is where a body sends requests; "" when it leaves that to others.
func (l layer) backend() string {
	if inline, ok := l.spec["upstream"].(map[string]any); ok {
		return content(inline)
	}
	id, ok := l.spec["upstream_id"]
	if !ok {
		return ""
	}
	found, ok := l.view.layer(gateway.Key{Kind: gateway.Upstreams, ID: gateway.Show(id)})
	if !ok {
		return "none"
	}
	return content(found.spec)
}

func content(spec map[string]any) string { return string(gateway.AppendCanonical(nil, unnamed(spec))) }

// unnamed is a body without what only names it.
func unnamed(spec map[string]any) map[string]any {
	bare := maps.Clone(spec)
	for _, field := range []string{"labels", "name", "desc"} {
		delete(bare, field)
	}
	return bare
}

// plugin is a plugin's configuration with the content of what it refers to in the place of the names.
func (l layer) plugin(name string, conf any) string {
	for _, ref := range pluginRefs(name, conf) {
		text := "none"
		if found, ok := l.view.layer(ref.To); ok {
			text = content(found.spec)
		}
		conf = withValue(conf, ref.Path[2:], text)
	}
	return string(gateway.AppendCanonical(nil, conf))
}

// pluginRefs lists what a plugin can't work without. The paths begin with "plugins" and its name.
func pluginRefs(name string, conf any) []gateway.Ref {
	if name != "traffic-split" && name != "grpc-transcode" {
		return nil
	}
	refs := gateway.Refs(gateway.Resource{Spec: map[string]any{"plugins": map[string]any{name: conf}}})
	return slices.DeleteFunc(refs, func(ref gateway.Ref) bool { return ref.Soft })
}
