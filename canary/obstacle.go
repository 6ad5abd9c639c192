package canary

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

const leaveOut = "or leave the service out of rollout.canary for this commit"

// obstacles returns what keeps a service from going in steps.
func (s shift) obstacles(old, next gateway.State) diag.List {
	var faults diag.List
	for _, key := range united(streams(old, s.service), streams(next, s.service)) {
		faults.Add(diag.Errorf(s.place(next[key]), "canary-stream-route", "%s is on %s, and a canary can't share connections out", key, s.service).
			WithHint("give the stream route an upstream and no service, %s", leaveOut))
	}
	for _, key := range united(s.splitters(old), s.splitters(next)) {
		faults.Add(diag.Errorf(s.place(next[key]), "canary-traffic-split",
			"%s has a traffic-split, beside which the canary of %s can't have its own", key, s.service).
			WithHint("take the traffic-split away in a commit of its own, %s", leaveOut))
	}
	for _, key := range followers(next, s.service) {
		if follows(old[key], s.service) && !gateway.Equal(plugins(old, old[key]), plugins(next, next[key])) {
			faults.Add(diag.Errorf(s.place(next[key]), "canary-plugins",
				"the commit changes the upstream of %s and the plugins that its requests meet on %s: only the upstream can go in steps", s.service, key).
				WithHint("change the plugins in a commit of their own, which comes before or after, %s", leaveOut))
		}
	}
	return faults
}

func (s shift) place(r gateway.Resource) diag.Pos {
	if place := r.Origin.Place(nil); !place.IsZero() {
		return place
	}
	return s.pos
}

// splitters lists what has a traffic-split that would stand before that of the carriers, or be hidden by it.
func (s shift) splitters(state gateway.State) []gateway.Key {
	looked := append(followers(state, s.service), s.service)
	for _, key := range looked {
		if config, ok := pluginConfig(state[key]); ok {
			looked = append(looked, config)
		}
	}
	for key := range state {
		if key.Kind == gateway.GlobalRules {
			looked = append(looked, key)
		}
	}
	return slices.DeleteFunc(looked, func(key gateway.Key) bool { return pluginsOf(state[key])[trafficSplit] == nil })
}

// plugins are those that requests to a route meet, as the gateway merges them.
func plugins(state gateway.State, route gateway.Resource) map[string]any {
	all := map[string]any{}
	maps.Copy(all, pluginsOf(state[serviceKey(gateway.Show(route.Spec["service_id"]))]))
	if config, ok := pluginConfig(route); ok {
		maps.Copy(all, pluginsOf(state[config]))
	}
	maps.Copy(all, pluginsOf(route))
	return all
}

func united(a, b []gateway.Key) []gateway.Key {
	all := slices.Concat(a, b)
	slices.SortFunc(all, gateway.Key.Compare)
	return slices.Compact(all)
}
