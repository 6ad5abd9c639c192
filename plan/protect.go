package plan

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// lostPlugins names the plugins that a body has and the next one has not.
func lostPlugins(old, next map[string]any) []string {
	before, _ := old["plugins"].(map[string]any)
	after, _ := next["plugins"].(map[string]any)
	var lost []string
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, stays := after[name]; !stays {
			lost = append(lost, name)
		}
	}
	return lost
}

// gained names the plugins that the change brings where they were not before. A consumer's plugins are its identity, and protect
// nothing.
func (c Change) gained() []string {
	if c.New == nil || c.Key.Kind == gateway.Consumers || c.Key.Kind == gateway.Credentials {
		return nil
	}
	var old map[string]any
	if c.Old != nil {
		old = c.Old.Spec
	}
	return lostPlugins(c.New.Spec, old)
}

// early takes the global rules out that gain a plugin while something else loses one in the same plan: they come before everything
// that carries traffic changes, so that no request goes without.
func (d *diff) early(rules []Change) (first, rest []Change) {
	var lost []string
	for _, c := range slices.Concat(d.updates, d.deletes) {
		old, next := map[string]any{"plugins": effectivePlugins(d.live, *c.Old)}, map[string]any{}
		if c.New != nil {
			next["plugins"] = effectivePlugins(d.desired, *c.New)
		}
		lost = append(lost, lostPlugins(old, next)...)
	}
	return split(rules, func(c Change) bool { return len(lost) > 0 && len(c.gained()) > 0 })
}

// effectivePlugins are those of a resource; for a route merged as the gateway does: a plugin of the route hides that of its plugin
// config, which hides that of its service. A plugin of a consumer hides that of its group.
func effectivePlugins(state gateway.State, r gateway.Resource) map[string]any {
	bodies := []map[string]any{r.Spec}
	if r.Key.Kind == gateway.Routes {
		config := gateway.Key{Kind: gateway.PluginConfigs, ID: gateway.Show(r.Spec["plugin_config_id"])}
		bodies = []map[string]any{state[serviceOf(r)].Spec, state[config].Spec, r.Spec}
	}
	if r.Key.Kind == gateway.Consumers {
		bodies = []map[string]any{state[groupOf(r)].Spec, r.Spec}
	}
	all := map[string]any{}
	for _, body := range bodies {
		plugins, _ := body["plugins"].(map[string]any)
		maps.Copy(all, plugins)
	}
	return all
}
