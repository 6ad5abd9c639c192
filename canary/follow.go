package canary

import (
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// carriers are what gets the split of a service: the service itself, where every route on it goes to its upstream and stays, else the routes
// that do. It is the routes too where upstreams are in services: there only a route can name one. There are none where no route stays: then
// nothing shifts.
func carriers(old, next gateway.State, service gateway.Key, in Upstreams) []gateway.Key {
	stay := followers(next, service)
	all := len(stay) == len(on(next, service, gateway.Routes))
	stay = slices.DeleteFunc(stay, func(key gateway.Key) bool { return !follows(old[key], service) })
	all = all && len(stay) == len(on(old, service, gateway.Routes))
	if all && len(stay) > 0 && in == ByThemselves {
		return []gateway.Key{service}
	}
	return stay
}

// followers are the routes on a service that have no upstream of their own.
func followers(state gateway.State, service gateway.Key) []gateway.Key {
	return slices.DeleteFunc(on(state, service, gateway.Routes), func(key gateway.Key) bool { return !follows(state[key], service) })
}

func follows(r gateway.Resource, service gateway.Key) bool {
	for _, field := range upstreamFields {
		if _, own := r.Spec[field]; own {
			return false
		}
	}
	return isOn(r, service)
}

func streams(state gateway.State, service gateway.Key) []gateway.Key {
	return on(state, service, gateway.StreamRoutes)
}

// on lists the routes of a kind on a service, sorted.
func on(state gateway.State, service gateway.Key, kind gateway.Kind) []gateway.Key {
	var keys []gateway.Key
	for key, r := range state {
		if key.Kind == kind && isOn(r, service) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, gateway.Key.Compare)
	return keys
}

func isOn(r gateway.Resource, service gateway.Key) bool {
	id, ok := r.Spec["service_id"]
	return ok && gateway.Show(id) == service.ID
}

// pluginConfig is the key of the plugin config that a route works by; false when it names none.
func pluginConfig(r gateway.Resource) (gateway.Key, bool) {
	id, ok := r.Spec["plugin_config_id"]
	return gateway.Key{Kind: gateway.PluginConfigs, ID: gateway.Show(id)}, ok
}
