package plan

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// handshakes makes temporary certificates for server names that move from one ssl to another while both are updated: a worker that
// has the one update and not the other would have no certificate for the name. Each is a copy of the ssl that takes over, for those
// names alone, so that every handshake in between is as it will be.
func (d *diff) handshakes() (raise, lower []Change) {
	gained := map[gateway.Key][]any{}
	lost := d.lostNames()
	for _, c := range d.updates {
		if c.Key.Kind != gateway.SSLs || !serves(*c.New) {
			continue
		}
		for _, name := range texts(c.New.Spec, "sni", "snis") {
			if lost[name] && !slices.Contains(texts(c.Old.Spec, "sni", "snis"), name) {
				gained[c.Key] = append(gained[c.Key], name)
			}
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(gained), gateway.Key.Compare) {
		spec := maps.Clone(d.desired[key].Spec)
		delete(spec, "sni")
		spec["snis"] = gained[key]
		bridge := copyOf(gateway.Resource{Key: key, Spec: spec, Origin: d.desired[key].Origin})
		why := "serves the names that move to " + key.String()
		raise = append(raise, Change{Op: Create, Key: bridge.Key, New: &bridge, Fields: fields(nil, &bridge), Why: why})
		if _, left := d.live[bridge.Key]; !left {
			lower = append(lower, Change{Op: Delete, Key: bridge.Key, Old: &bridge, Fields: fields(&bridge, nil), Why: why})
		}
	}
	d.certificatesNeed(raise)
	return raise, lower
}

// certificatesNeed makes the updates of ssls wait for the temporary ones.
func (d *diff) certificatesNeed(raised []Change) {
	for i, c := range d.updates {
		for _, bridge := range raised {
			if c.Key.Kind == gateway.SSLs {
				d.updates[i].Needs = append(d.updates[i].Needs, bridge.Key)
			}
		}
	}
}

// lostNames are the server names that an updated ssl gives up.
func (d *diff) lostNames() map[string]bool {
	lost := map[string]bool{}
	for _, c := range d.updates {
		if c.Key.Kind != gateway.SSLs || !serves(*c.Old) {
			continue
		}
		kept := texts(c.New.Spec, "sni", "snis")
		for _, name := range texts(c.Old.Spec, "sni", "snis") {
			if !slices.Contains(kept, name) || !serves(*c.New) {
				lost[name] = true
			}
		}
	}
	return lost
}

// serves reports whether an ssl answers handshakes: it is switched on, and no client certificate.
func serves(ssl gateway.Resource) bool {
	return ssl.Spec["type"] != "client" && !gateway.Equal(ssl.Spec["status"], int64(0))
}
