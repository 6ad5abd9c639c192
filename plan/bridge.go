package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// bridges are temporary routes that carry traffic which would find no route on the way, though it finds one before and after: as
// when two routes swap their paths, or a host moves from a service to one of its routes. A bridge has the final content of the
// route that takes over, at a priority above all, so that it answers from before the first update until after the last.
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

// bridges finds what has to be carried.
func (d *diff) bridges() bridges {
	var b bridges
	if !d.touchesRouting() {
		return b
	}
	carried := map[gateway.Key]map[match]bool{}
	way := d.way()
	for m := range d.touched() {
		final, after := way.after.find(m)
		if !after || !way.before.covers(m) || way.shared.covers(m) && way.routes.covers(m) {
			continue
		}
		if carried[final.Key] == nil {
			carried[final.Key] = map[match]bool{}
		}
		carried[final.Key][m] = true
	}
	for _, key := range slices.SortedFunc(maps.Keys(carried), gateway.Key.Compare) {
		b.over(d, key, carried[key])
	}
	return b
}

// touchesRouting reports whether any update moves a match: it spares the common plan a look at every route.
func (d *diff) touchesRouting() bool {
	return slices.ContainsFunc(d.updates, func(c Change) bool {
		switch c.Key.Kind {
		case gateway.Routes:
			return !maps.Equal(matches(d.live, *c.Old), matches(d.desired, *c.New))
		case gateway.Services:
			return !slices.Equal(texts(c.Old.Spec, "host", "hosts"), texts(c.New.Spec, "host", "hosts"))
		}
		return false
	})
}

// way says what is answered on the way from live to desired.
type way struct {
	before coverage // by live
	shared coverage // throughout the step that updates services: by routes whose hosts that does not change
	routes coverage // throughout the step that updates routes: by those that are new, stay as they are, or go only later
	after  coverage // by desired
}

func (d *diff) way() way {
	w := way{coverage{}, coverage{}, coverage{}, coverage{}}
	middle := d.middle()
	for key, live := range d.live {
		before, between := matches(d.live, live), matches(middle, live)
		w.before.add(live, before)
		w.shared.add(live, both(before, between))
		if next, stays := d.desired[key]; stays {
			w.routes.add(live, both(between, matches(d.desired, next)))
		} else {
			w.routes.add(live, between)
		}
	}
	for key, next := range d.desired {
		after := matches(d.desired, next)
		w.after.add(next, after)
		if _, existed := d.live[key]; !existed {
			w.routes.add(next, after)
		}
	}
	return w
}

// middle is live after the services were updated and before the routes are.
func (d *diff) middle() gateway.State {
	middle := gateway.State{}
	for _, state := range []gateway.State{d.live, d.desired} {
		for key, resource := range state {
			if key.Kind == gateway.Services {
				middle[key] = resource
			}
		}
	}
	return middle
}

// mostPairs bounds the pairs of matches that are looked at for what lies between them. Only routes that are wide in one way and
// narrow in another have anything there, and a commit that moves thousands of those at once is not known to exist.
const mostPairs = 1 << 20

// touched lists the matches of every route that changes, before and after, by its own change or by its service's; and what a
// match before and one after have in common, as "a.test/x" between "any host, /x" and "a.test, any path".
func (d *diff) touched() map[match]bool {
	changed := map[gateway.Key]bool{}
	for _, change := range slices.Concat(d.creates, d.updates) {
		changed[change.Key] = true
	}
	before, after := changedMatches(d.live, changed), changedMatches(d.desired, changed)
	set := maps.Clone(before)
	maps.Copy(set, after)
	if len(before)*len(after) > mostPairs {
		return set
	}
	for m := range before {
		for n := range after {
			if common, ok := m.and(n); ok {
				set[common] = true
			}
		}
	}
	return set
}

func changedMatches(state gateway.State, changed map[gateway.Key]bool) map[match]bool {
	set := map[match]bool{}
	for key, resource := range state {
		if changed[key] || changed[serviceOf(resource)] {
			maps.Copy(set, matches(state, resource))
		}
	}
	return set
}

// movesMatch reports whether an updated route stops answering something: what takes its place must be there before.
func (d *diff) movesMatch(c Change) bool {
	after := matches(d.desired, d.desired[c.Key])
	for m := range matches(d.live, d.live[c.Key]) {
		if !both(map[match]bool{m: true}, after)[m] {
			return true
		}
	}
	return false
}

func (b *bridges) over(d *diff, key gateway.Key, carried map[match]bool) {
	bridge := bridgeRoute(d, key, carried)
	why := fmt.Sprintf("carries the traffic that moves to %s", key)
	b.raise = append(b.raise, Change{Op: Create, Key: bridge.Key, New: &bridge, Fields: fields(nil, &bridge), Why: why})
	b.keys = append(b.keys, bridge.Key)
	if _, left := d.live[bridge.Key]; left {
		return // a pass that was cut off left it: its delete is in the plan already
	}
	b.lower = append(b.lower, Change{Op: Delete, Key: bridge.Key, Old: &bridge, Fields: fields(&bridge, nil), Why: why})
}

// bridgeRoute is the desired route with only the hosts and paths that need carrying, and a priority above every route. It holds by
// itself what it will have from its service and its plugin config: they are updated while it carries.
func bridgeRoute(d *diff, key gateway.Key, carried map[match]bool) gateway.Resource {
	final := d.desired[key]
	spec := maps.Clone(final.Spec)
	for _, field := range []string{"host", "hosts", "uri", "uris", "name", "plugin_config_id"} {
		delete(spec, field)
	}
	keepUpstream(spec, d.desired[serviceOf(final)].Spec)
	if plugins := effectivePlugins(d.desired, final); len(plugins) > 0 {
		spec["plugins"] = plugins
	}
	spec["uris"] = distinct(carried, func(m match) string { return m.uri })
	if hosts := distinct(carried, func(m match) string { return m.host }); !slices.Contains(hosts, any("")) {
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
			if key.Kind == gateway.Routes {
				highest = max(highest, priority(resource))
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
