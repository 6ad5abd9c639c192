package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// bridges are temporary routes that carry traffic while it moves from one existing route to another, as when two routes swap
// their hosts: whichever of the two is written first, some requests would find no route or the wrong one. The bridge has the
// final content of the route that takes over, at a priority above both, so that it answers from before the first of them is
// written until after the last.
type bridges struct {
	raise, lower []Change
	keys         []gateway.Key
}

// need makes changes wait for the bridges: without them their traffic would fall.
func (b bridges) need(changes []Change) []Change {
	for i, change := range changes {
		if change.Key.Kind == gateway.Routes || change.Key.Kind == gateway.Services {
			changes[i].Needs = b.keys
		}
	}
	return changes
}

// bridges finds the routes that take over what another existing route gives up.
func (d *diff) bridges() bridges {
	var b bridges
	givers := d.givers()
	if len(givers) == 0 {
		return b
	}
	for _, key := range d.existingRoutes() {
		taken := map[match]bool{}
		for m := range d.gained(key) {
			if giver, ok := givers[m]; ok && giver != key {
				taken[m] = true
			}
		}
		if len(taken) > 0 {
			b.over(d, key, taken)
		}
	}
	return b
}

// existingRoutes lists the routes that are there before and after.
func (d *diff) existingRoutes() []gateway.Key {
	return slices.DeleteFunc(d.desired.Keys(), func(key gateway.Key) bool {
		_, exists := d.live[key]
		return key.Kind != gateway.Routes || !exists
	})
}

// givers names for each match that an existing route gives up the route that does.
func (d *diff) givers() map[match]gateway.Key {
	givers := map[match]gateway.Key{}
	if !d.touchesRouting() {
		return givers
	}
	for _, key := range d.existingRoutes() {
		for m := range d.lost(key) {
			givers[m] = key
		}
	}
	return givers
}

// touchesRouting reports whether any update could move a match: it spares the common plan a look at every route.
func (d *diff) touchesRouting() bool {
	return slices.ContainsFunc(d.updates, func(c Change) bool {
		return c.Key.Kind == gateway.Routes || c.Key.Kind == gateway.Services
	})
}

func (b *bridges) over(d *diff, key gateway.Key, taken map[match]bool) {
	bridge := bridgeRoute(d, key, taken)
	why := fmt.Sprintf("carries the traffic that moves to %s", key)
	b.raise = append(b.raise, Change{Op: Create, Key: bridge.Key, New: &bridge, Fields: fields(nil, &bridge), Why: why})
	b.keys = append(b.keys, bridge.Key)
	if _, left := d.live[bridge.Key]; left {
		return // a pass that was cut off left it: its delete is in the plan already
	}
	b.lower = append(b.lower, Change{Op: Delete, Key: bridge.Key, Old: &bridge, Fields: fields(&bridge, nil), Why: why})
}

// bridgeRoute is the desired route with only the matches that move and a priority above every route.
func bridgeRoute(d *diff, key gateway.Key, taken map[match]bool) gateway.Resource {
	final := d.desired[key]
	spec := maps.Clone(final.Spec)
	for _, field := range []string{"host", "hosts", "uri", "uris", "name"} {
		delete(spec, field)
	}
	spec["uris"] = distinct(taken, func(m match) string { return m.uri })
	if hosts := distinct(taken, func(m match) string { return m.host }); !slices.Contains(hosts, any("")) {
		spec["hosts"] = hosts
	}
	spec["priority"] = d.highestPriority() + 1
	return gateway.Resource{Key: bridgeKey(key), Spec: spec, Origin: final.Origin}
}

// bridgeKey is derived from the route's, so that a pass that was cut off finds its own bridge again.
func bridgeKey(key gateway.Key) gateway.Key {
	sum := sha256.Sum256([]byte(key.ID))
	return gateway.Key{Kind: gateway.Routes, ID: "sluice-bridge-" + hex.EncodeToString(sum[:8])}
}

func (d *diff) highestPriority() int64 {
	var highest int64
	for _, state := range []gateway.State{d.live, d.desired} {
		for key, resource := range state {
			if priority, ok := resource.Spec["priority"].(int64); ok && key.Kind == gateway.Routes {
				highest = max(highest, priority)
			}
		}
	}
	return highest
}

func distinct(set map[match]bool, part func(match) string) []any {
	seen := map[string]bool{}
	for m := range set {
		seen[part(m)] = true
	}
	var list []any
	for _, text := range slices.Sorted(maps.Keys(seen)) {
		list = append(list, text)
	}
	return list
}
