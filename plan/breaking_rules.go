package plan

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// globalPlugins are the plugins of all global rules.
func globalPlugins(state gateway.State) map[string]map[string]any {
	all := map[string]map[string]any{}
	for key, r := range state {
		if key.Kind == gateway.GlobalRules {
			maps.Copy(all, pluginsOf(&r))
		}
	}
	return all
}

// pluginsOf are the plugins of a body that are switched on.
func pluginsOf(r *gateway.Resource) map[string]map[string]any {
	if r == nil {
		return nil
	}
	plugins, _ := r.Spec["plugins"].(map[string]any)
	return active(plugins)
}

// globalRule looks at what a global rule asks of every request.
func (b *breaks) globalRule(c Change) {
	was, will := b.everywhere, pluginsOf(c.New)
	for _, name := range slices.Sorted(maps.Keys(will)) {
		what := ""
		if _, limits := limiters()[name]; limits {
			what = lowered(name, was[name], will[name])
		} else if slices.Contains(authentications(), name) && was[name] == nil && b.someRouteLacks(name) {
			what = "asks for authentication by " + name
		}
		if what != "" && b.someRouteLacks("") {
			b.note(what+" on every route", c.Key.String(), c.Key)
		}
	}
}

// someRouteLacks reports whether a route that is there already is without a plugin.
func (b *breaks) someRouteLacks(name string) bool {
	for key, r := range b.live {
		if key.Kind == gateway.Routes && active(effectivePlugins(b.live, r))[name] == nil {
			return true
		}
	}
	return false
}

// consumer looks at the limits of those who were there before.
func (b *breaks) consumer(c Change) {
	if c.Old == nil || c.New == nil {
		return
	}
	was, will := pluginsOf(c.Old), pluginsOf(c.New)
	for _, name := range slices.Sorted(maps.Keys(limiters())) {
		if what := lowered(name, was[name], will[name]); what != "" {
			b.note(what, c.Key.String(), c.Key)
		}
	}
}
