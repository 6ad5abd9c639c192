package plan

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// A service or a plugin config that loses something may have routes that still need it until they have changed themselves: the
// upstream that a route will name by itself, the authentication that moves to the route. Such an update is made in two parts:
//
//	expand    the final form, and what it loses kept
//	contract  the final form, after the routes have moved and those that go are gone
//
// Where the first part would change nothing it is left out.

// widen takes the updates apart that lose something which is still needed.
func (d *diff) widen(updates []Change) (wide, narrow []Change) {
	for _, c := range updates {
		kept := d.kept(c)
		if kept == nil {
			wide = append(wide, c)
			continue
		}
		between := gateway.Resource{Key: c.Key, Spec: kept, Origin: c.New.Origin}
		if first := fields(c.Old, &between); len(first) > 0 {
			wide = append(wide, Change{Op: c.Op, Key: c.Key, Old: c.Old, New: &between, Fields: first, Needs: c.Needs,
				Why: "keeps what its routes need until they have changed"})
		}
		narrow = append(narrow, Change{Op: Update, Key: c.Key, Old: &between, New: c.New, Fields: fields(&between, c.New),
			Why: "drops what its routes needed until now"})
	}
	return wide, narrow
}

// kept returns the final form with what the update loses; nil when nothing is lost, or nobody is left to need it.
func (d *diff) kept(c Change) map[string]any {
	if c.Key.Kind != gateway.Services && c.Key.Kind != gateway.PluginConfigs || !d.stillNeeded(c) {
		return nil
	}
	kept := maps.Clone(c.New.Spec)
	keepUpstream(kept, c.Old.Spec)
	keepPlugins(kept, c.Old.Spec)
	if gateway.Equal(kept, c.New.Spec) {
		return nil
	}
	return kept
}

// keepUpstream keeps the upstream of a service that will have none.
func keepUpstream(kept, old map[string]any) {
	_, inline := kept["upstream"]
	if _, named := kept["upstream_id"]; inline || named {
		return
	}
	for _, field := range []string{"upstream", "upstream_id"} {
		if value, ok := old[field]; ok {
			kept[field] = value
		}
	}
}

func keepPlugins(kept, old map[string]any) {
	lost := lostPlugins(old, kept)
	if len(lost) == 0 {
		return
	}
	before, _ := old["plugins"].(map[string]any)
	after, _ := kept["plugins"].(map[string]any)
	plugins := maps.Clone(after)
	if plugins == nil {
		plugins = map[string]any{}
	}
	for _, name := range lost {
		plugins[name] = before[name]
	}
	kept["plugins"] = plugins
}

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

// stillNeeded reports whether something may need what an update loses: a route that refers to the resource changes in the same plan,
// or another resource takes a plugin over.
func (d *diff) stillNeeded(c Change) bool {
	lost := lostPlugins(c.Old.Spec, c.New.Spec)
	return slices.ContainsFunc(slices.Concat(d.creates, d.updates, d.deletes), func(other Change) bool {
		if isRoute(other) {
			return refersToKey(other.Old, c.Key) || refersToKey(other.New, c.Key)
		}
		return other.Key != c.Key && other.gainsAny(lost)
	})
}

func refersToKey(r *gateway.Resource, key gateway.Key) bool {
	return r != nil && slices.ContainsFunc(gateway.Refs(*r), func(ref gateway.Ref) bool { return ref.To == key })
}

// gainsAny reports whether the change brings one of these plugins where it was not before.
func (c Change) gainsAny(plugins []string) bool {
	if c.New == nil {
		return false
	}
	var old map[string]any
	if c.Old != nil {
		old = c.Old.Spec
	}
	return slices.ContainsFunc(lostPlugins(c.New.Spec, old), func(gained string) bool { return slices.Contains(plugins, gained) })
}

// early takes the global rules out that gain a plugin which something else loses in the same plan: they come before the routes, so
// that no request goes without it.
func (d *diff) early(rules []Change) (first, rest []Change) {
	var lost []string
	for _, c := range slices.Concat(d.updates, d.deletes) {
		old, next := map[string]any{"plugins": effectivePlugins(d.live, *c.Old)}, map[string]any{}
		if c.New != nil {
			next["plugins"] = effectivePlugins(d.desired, *c.New)
		}
		lost = append(lost, lostPlugins(old, next)...)
	}
	return split(rules, func(c Change) bool { return c.gainsAny(lost) })
}

// effectivePlugins are those of a resource; for a route merged as the gateway does: a plugin of the route hides that of its plugin
// config, which hides that of its service.
func effectivePlugins(state gateway.State, r gateway.Resource) map[string]any {
	bodies := []map[string]any{r.Spec}
	if r.Key.Kind == gateway.Routes {
		config := gateway.Key{Kind: gateway.PluginConfigs, ID: gateway.Show(r.Spec["plugin_config_id"])}
		bodies = []map[string]any{state[serviceOf(r)].Spec, state[config].Spec, r.Spec}
	}
	all := map[string]any{}
	for _, body := range bodies {
		plugins, _ := body["plugins"].(map[string]any)
		maps.Copy(all, plugins)
	}
	return all
}
