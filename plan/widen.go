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
	moves := d.moves()
	for _, c := range updates {
		kept := moves.kept(c)
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

// moves says what may need a shared resource as it was while the plan is carried out. It is made once for all updates.
type moves struct {
	routes    map[gateway.Key]bool     // what a route that changes refers to, before or after
	takenOver map[gateway.Key][]string // the plugins that those routes gain for themselves
	gaining   map[gateway.Key]bool     // what else gains a plugin
}

func (d *diff) moves() moves {
	m := moves{map[gateway.Key]bool{}, map[gateway.Key][]string{}, map[gateway.Key]bool{}}
	for _, c := range slices.Concat(d.creates, d.updates, d.deletes) {
		gained := c.gained()
		if !isRoute(c) {
			if len(gained) > 0 {
				m.gaining[c.Key] = true
			}
			continue
		}
		for _, key := range c.refersTo() {
			m.routes[key] = true
			m.takenOver[key] = append(m.takenOver[key], gained...)
		}
	}
	return m
}

// refersTo lists what a resource refers to before and after the change.
func (c Change) refersTo() []gateway.Key {
	var keys []gateway.Key
	for _, r := range []*gateway.Resource{c.Old, c.New} {
		if r == nil {
			continue
		}
		for _, ref := range gateway.Refs(*r) {
			keys = append(keys, ref.To)
		}
	}
	return keys
}

// kept returns the final form with what the update loses; nil when nothing is lost, or nobody is left to need it.
func (m moves) kept(c Change) map[string]any {
	if c.Key.Kind != gateway.Services && c.Key.Kind != gateway.PluginConfigs || !m.stillNeed(c) {
		return nil
	}
	kept := maps.Clone(c.New.Spec)
	keepUpstream(kept, c.Old.Spec)
	keepPlugins(kept, c.Old.Spec, m.takenOver[c.Key])
	if gateway.Equal(kept, c.New.Spec) {
		return nil
	}
	return kept
}

// stillNeed reports whether something may need what an update loses: a route that refers to the resource changes in the same plan,
// or another resource gains a plugin where this one loses one. That may be another plugin: one authentication takes the place of
// another.
func (m moves) stillNeed(c Change) bool {
	if m.routes[c.Key] {
		return true
	}
	others := len(m.gaining)
	if m.gaining[c.Key] {
		others--
	}
	return others > 0 && len(lostPlugins(c.Old.Spec, c.New.Spec)) > 0
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

// keepPlugins keeps what a body loses, and as it was what its routes take over: it may be switched off where it stood.
func keepPlugins(kept, old map[string]any, takenOver []string) {
	before, _ := old["plugins"].(map[string]any)
	after, _ := kept["plugins"].(map[string]any)
	plugins := maps.Clone(after)
	if plugins == nil {
		plugins = map[string]any{}
	}
	for _, name := range slices.Concat(lostPlugins(old, kept), takenOver) {
		if conf, ok := before[name]; ok {
			plugins[name] = conf
		}
	}
	if len(plugins) > 0 {
		kept["plugins"] = plugins
	}
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
