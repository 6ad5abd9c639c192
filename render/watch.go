package render

import (
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// watched is what of a floor may be in conflict with what a group adds to it. All else was found to be in order by itself: it is
// not looked at again for each group.
type watched struct {
	always []gateway.Key                 // what every group looks at
	seated map[seat]gateway.Key          // the first route of each seat
	shared []gateway.Key                 // routes of which another one has a seat as well
	lean   map[gateway.Key][]gateway.Key // routes by the service or plugin config that they lean on
}

// watch sorts the resources of a floor by who has to look at them again.
func watch(f *floor) watched {
	w := watched{seated: make(map[seat]gateway.Key, len(f.state)/2), lean: map[gateway.Key][]gateway.Key{}}
	for _, key := range f.keys {
		r := f.state[key]
		if key.Kind != gateway.Routes {
			if suspicious(f.state, r) {
				w.always = append(w.always, key)
			}
			continue
		}
		for _, on := range leansOn(r) {
			w.lean[on] = append(w.lean[on], key)
		}
		if suspicious(f.state, r) {
			w.always = append(w.always, key)
		}
		w.shared = append(w.shared, w.seat(key, seatsTaken(f.state, r))...)
	}
	return w
}

// seat notes the seats of a route, and returns it with those that were there before.
func (w *watched) seat(key gateway.Key, seats []seat) []gateway.Key {
	var met []gateway.Key
	for _, s := range seats {
		if first, taken := w.seated[s]; taken {
			met = append(met, first, key)
		} else {
			w.seated[s] = key
		}
	}
	return met
}

// seatsTaken returns the seats of a route that is switched on.
func seatsTaken(state gateway.State, route gateway.Resource) []seat {
	if switchedOff(route) {
		return nil
	}
	return seats(state, route)
}

// leansOn returns what a route gets hosts, paths or an upstream from.
func leansOn(route gateway.Resource) []gateway.Key {
	var all []gateway.Key
	for field, kind := range map[string]gateway.Kind{"service_id": gateway.Services, "plugin_config_id": gateway.PluginConfigs} {
		if id, ok := route.Spec[field]; ok {
			all = append(all, named(kind, id))
		}
	}
	return all
}

// suspicious reports whether something can be said against a resource that only the others tell. Of routes, it is that they may
// have no upstream; their seats are looked at elsewhere.
func suspicious(state gateway.State, r gateway.Resource) bool {
	switch r.Key.Kind {
	case gateway.Routes:
		return !answers(r) && !answersFor(state, gateway.Services, r.Spec["service_id"]) &&
			!answersFor(state, gateway.PluginConfigs, r.Spec["plugin_config_id"])
	case gateway.Upstreams:
		return len(nodeFaults(r)) > 0
	case gateway.StreamRoutes, gateway.SSLs, gateway.Consumers, gateway.Credentials, gateway.GlobalRules:
		return true
	}
	return false
}

// suspects returns what is to be looked at in a group for conflicts, in order. Whatever may be in conflict is among it.
func (j *job) suspects() []gateway.Key {
	found := slices.Concat(j.floor.always, j.floor.shared)
	seated := watched{seated: map[seat]gateway.Key{}}
	for _, key := range slices.Concat(j.own, j.leaning()) {
		r := j.state[key]
		if suspicious(j.state, r) {
			found = append(found, key)
		}
		if key.Kind != gateway.Routes {
			continue
		}
		for _, s := range seatsTaken(j.state, r) {
			if first, taken := j.floor.seated[s]; taken {
				found = append(found, first, key)
			}
			found = append(found, seated.seat(key, []seat{s})...)
		}
	}
	found = slices.DeleteFunc(found, func(key gateway.Key) bool { _, there := j.state[key]; return !there })
	slices.SortFunc(found, gateway.Key.Compare)
	return slices.Compact(found)
}

// leaning returns the routes of the floor that lean on what the group has made itself.
func (j *job) leaning() []gateway.Key {
	var all []gateway.Key
	for _, key := range j.openKeys() {
		all = append(all, j.floor.lean[key]...)
	}
	return all
}
