package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// handshakes makes temporary certificates for server names that move from one ssl to another while both are updated: a worker that
// has the one update and not the other would have no certificate for the name. Each is a copy of the ssl that takes over, for those
// names alone, so that every handshake in between is as it will be. An ssl that gives a name up to one that is created waits for that.
func (d *diff) handshakes() (raise, lower []Change) {
	moves := d.movingNames()
	var awaited []gateway.Key
	for _, key := range slices.SortedFunc(maps.Keys(moves), gateway.Key.Compare) {
		if _, exists := d.live[key]; !exists {
			awaited = append(awaited, key)
			continue
		}
		spec := maps.Clone(d.desired[key].Spec)
		delete(spec, "sni")
		spec["snis"] = moves[key]
		bridge := copyOf(gateway.Resource{Key: key, Spec: spec, Origin: d.desired[key].Origin})
		awaited = append(awaited, bridge.Key)
		if _, left := d.live[bridge.Key]; left { // by a pass that was cut off: its delete is in the plan already
			continue
		}
		why := "serves the names that move to " + key.String()
		raise = append(raise, Change{Op: Create, Key: bridge.Key, New: &bridge, Fields: fields(nil, &bridge), Why: why})
		lower = append(lower, Change{Op: Delete, Key: bridge.Key, Old: &bridge, Fields: fields(&bridge, nil), Why: why})
	}
	d.certificatesNeed(awaited)
	return raise, lower
}

// certificatesNeed makes the updates of ssls wait for what takes names over. All share one list.
func (d *diff) certificatesNeed(awaited []gateway.Key) {
	for i, c := range d.updates {
		if c.Key.Kind == gateway.SSLs {
			d.updates[i].Needs = awaited
		}
	}
}

// movingNames are the server names that one ssl may give up before the one that takes them over has them, by that one.
func (d *diff) movingNames() map[gateway.Key][]any {
	names := map[string]bool{}
	for _, c := range d.updates {
		if c.Key.Kind == gateway.SSLs {
			for _, name := range slices.Concat(namesOf(*c.Old), namesOf(*c.New)) {
				names[name] = true
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	for _, c := range d.creates {
		if c.Key.Kind == gateway.SSLs {
			for _, name := range namesOf(*c.New) {
				names[name] = true
			}
		}
	}
	moves := map[gateway.Key][]any{}
	before, after := certificates(d.live), certificates(d.desired)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		first, was := certificateFor(before, name)
		final, willBe := certificateFor(after, name)
		if was && willBe && d.givesUp(first, name) && !shows(d.live[final], name) {
			moves[final] = append(moves[final], name)
		}
	}
	return moves
}

// givesUp reports whether an ssl is updated and no longer shown for a name.
func (d *diff) givesUp(ssl gateway.Key, name string) bool {
	next, stays := d.desired[ssl]
	return stays && !shows(next, name)
}

// certificates says which ssl is shown for each name or wildcard; the id that sorts first where two are.
func certificates(state gateway.State) map[string]gateway.Key {
	by := map[string]gateway.Key{}
	for key, r := range state {
		if key.Kind != gateway.SSLs {
			continue
		}
		for _, name := range namesOf(r) {
			if other, taken := by[name]; !taken || key.Compare(other) < 0 {
				by[name] = key
			}
		}
	}
	return by
}

// certificateFor is the ssl that is shown for a name: the exact one before that of a wildcard, which stands for one label.
func certificateFor(by map[string]gateway.Key, name string) (gateway.Key, bool) {
	if key, ok := by[name]; ok {
		return key, true
	}
	key, ok := by[wildcardOf(name)]
	return key, ok
}

// shows reports whether an ssl is shown for a name.
func shows(ssl gateway.Resource, name string) bool {
	names := namesOf(ssl)
	return slices.Contains(names, name) || slices.Contains(names, wildcardOf(name))
}

func wildcardOf(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	return "*." + rest
}

// serves reports whether an ssl answers handshakes: it is switched on, and no client certificate.
func serves(ssl gateway.Resource) bool {
	return ssl.Spec["type"] != "client" && !gateway.Equal(ssl.Spec["status"], int64(0))
}
