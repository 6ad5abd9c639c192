package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// bridges are temporary routes that carry traffic which would find no route on the way, though it finds one before and after: as
// when two routes swap their paths, or a host moves from a service to one of its routes. A bridge has the final content of the
// route that takes over, at a priority above all, so that it answers from before the first update until after the last.
type bridges struct {
	raise, lower [][]Change // by depth: the narrow ones are raised first and lowered last
	keys         []gateway.Key
	copies       copies // of what they work by
	lift         int64  // what brings the priority of any route above every other's
}

// need makes changes wait for the bridges: without them their traffic would fall. All share one list, which nothing changes.
func (b bridges) need(changes []Change) []Change {
	for i, change := range changes {
		if change.Key.Kind == gateway.Routes || change.Key.Kind == gateway.Services {
			changes[i].Needs = b.keys
		}
	}
	return changes
}

// bridges finds what has to be carried.
func (d *diff) bridges(s *schedule) bridges {
	b := bridges{lift: d.lift()}
	if len(d.live) == 0 || !d.touchesRouting() {
		return b
	}
	carried := d.way(s).carried(d.touched(), b.standIn)
	byFinal := map[bridgeName]map[match]bool{}
	for m, depth := range depths(carried) {
		name := bridgeName{carried[m].Key, depth}
		if byFinal[name] == nil {
			byFinal[name] = map[match]bool{}
		}
		byFinal[name][m] = true
		for depth >= len(b.raise) {
			b.raise, b.lower = append(b.raise, nil), append(b.lower, nil)
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(byFinal), bridgeName.compare) {
		b.over(s, name, byFinal[name])
	}
	slices.Reverse(b.lower)
	d.reuse(b.keys)
	return b
}

// bridgeName says to which route a bridge leads, and how many bridges must stand before it.
type bridgeName struct {
	final gateway.Key
	depth int
}

func (n bridgeName) compare(o bridgeName) int {
	return cmp.Or(n.final.Compare(o.final), cmp.Compare(n.depth, o.depth))
}

// carried maps the matches that need a bridge to the route that they move to. A bridge takes everything that is not answered more
// narrowly, so one that is found may make another one needed.
func (w way) carried(touched map[match]bool, standIn func(gateway.Resource) *form) map[match]gateway.Resource {
	carried := map[match]gateway.Resource{}
	inOrder := slices.SortedFunc(maps.Keys(touched), match.compare) // what is found first decides what is found then
	for found := true; found; {
		found = false
		for _, m := range inOrder {
			final, after := w.after.find(m)
			first, before := w.before.find(m)
			if _, done := carried[m]; done || !after || !before || w.keeps(m, first.Key, final.Key) {
				continue
			}
			carried[m], found = final, true
			f := standIn(final)
			for _, step := range w.steps {
				step.add(f, answeredBy(final, m))
			}
		}
	}
	return carried
}

// answeredBy is what a bridge to a route answers at the host and path of m.
func answeredBy(final gateway.Resource, m match) map[match]bool {
	set := map[match]bool{}
	for _, method := range methods(final) {
		set[match{m.host, m.uri, method, conditionOf(final)}] = true
	}
	return set
}

// standIn is a bridge before it is made.
func (b bridges) standIn(final gateway.Resource) *form {
	key := gateway.Key{Kind: gateway.Routes, ID: gateway.BridgePrefix + final.Key.ID}
	bridge := gateway.Resource{Key: key, Spec: map[string]any{"priority": b.lift + priority(final)}}
	return &form{route: bridge, final: final.Key}
}

// depths says for each match how many others that are carried elsewhere stand above each other and above it: they must be carried before.
func depths(carried map[match]gateway.Resource) map[match]int {
	all := map[match]int{}
	near := nearby(maps.Keys(carried))
	for _, n := range slices.SortedFunc(maps.Keys(carried), carriedFirst(carried)) {
		all[n] = max(all[n], 0)
		for m := range near.meeting(n) {
			if carried[m].Key != carried[n].Key && hides(n, m, priority(carried[n]), priority(carried[m])) {
				all[m] = max(all[m], all[n]+1)
			}
		}
	}
	return all
}

// hides reports whether a bridge at n is asked before one at m for requests that both may take.
func hides(n, m match, priorityN, priorityM int64) bool {
	if _, meet := n.meets(m); !meet {
		return false
	}
	return n.outranks(m) || n.host == m.host && n.uri == m.uri && priorityN > priorityM
}

// carriedFirst sorts matches so that none comes after one that it hides.
func carriedFirst(carried map[match]gateway.Resource) func(a, b match) int {
	narrow := func(pattern string) int {
		if strings.Contains(pattern, "*") || pattern == "" {
			return len(pattern)
		}
		return math.MaxInt
	}
	return func(a, b match) int {
		return cmp.Or(cmp.Compare(narrow(b.host), narrow(a.host)), cmp.Compare(narrow(b.uri), narrow(a.uri)),
			cmp.Compare(priority(carried[b]), priority(carried[a])), a.compare(b))
	}
}

// touchesRouting reports whether anything moves a match, or routes come or go together with other changes: it spares the common plan a
// look at every route.
func (d *diff) touchesRouting() bool {
	coming, going := countRoutes(d.creates), countRoutes(d.deletes)
	if coming > 1 || going > 1 || coming > 0 && len(d.updates) > 0 {
		return true
	}
	return slices.ContainsFunc(d.updates, func(c Change) bool {
		switch c.Key.Kind {
		case gateway.Routes:
			return d.movesMatch(c)
		case gateway.Services:
			return !slices.Equal(texts(c.Old.Spec, "host", "hosts"), texts(c.New.Spec, "host", "hosts"))
		}
		return false
	})
}

func countRoutes(changes []Change) int {
	routes := 0
	for _, c := range changes {
		if c.Key.Kind == gateway.Routes {
			routes++
		}
	}
	return routes
}

// movesMatch reports whether an updated route may answer other requests than before: what takes its place, and what it would take
// otherwise, must be there before.
func (d *diff) movesMatch(c Change) bool {
	return priority(d.live[c.Key]) != priority(d.desired[c.Key]) || !maps.Equal(matches(d.live, d.live[c.Key]), matches(d.desired, d.desired[c.Key]))
}

func (b *bridges) over(s *schedule, n bridgeName, carried map[match]bool) {
	why := fmt.Sprintf("carries the traffic that moves to %s", n.final)
	whole := n.final.ID
	if n.depth > 0 {
		whole = fmt.Sprint(whole, " ", n.depth)
	}
	for name, part := range parts(whole, carried) {
		bridge := s.pinned(b.route(s, n.final, name, part), s.d.desired, b.copies.of(s.d, "new"))
		raise := Change{Op: Create, Key: bridge.Key, New: &bridge, Fields: fields(nil, &bridge), Why: why}
		if left, exists := s.d.live[bridge.Key]; exists { // a pass that was cut off left it, and it may say something else
			raise.Op, raise.Old, raise.Fields = Update, &left, fields(&left, &bridge)
		}
		b.raise[n.depth] = append(b.raise[n.depth], raise)
		b.keys = append(b.keys, bridge.Key)
		b.lower[n.depth] = append(b.lower[n.depth], Change{Op: Delete, Key: bridge.Key, Old: &bridge, Fields: fields(&bridge, nil), Why: why})
	}
}

// reuse takes the bridges that stand already out of the deletes: each goes once, when it has carried.
func (d *diff) reuse(bridges []gateway.Key) {
	stands := map[gateway.Key]bool{}
	for _, key := range bridges {
		stands[key] = true
	}
	d.deletes = slices.DeleteFunc(d.deletes, func(c Change) bool { return stands[c.Key] })
}

// parts splits what is carried into sets that one route can answer, and nothing besides: every host of a set with every path of it.
// Each has a name of its own that begins with that of the whole.
func parts(name string, carried map[match]bool) iter.Seq2[string, map[match]bool] {
	hosts, uris := distinct(carried, hostOf), distinct(carried, uriOf)
	pairs := distinct(carried, func(m match) string { return m.host + " " + m.uri })
	return func(yield func(string, map[match]bool) bool) {
		mixed := len(hosts) > 1 && hosts[0] == any("") // a route is asked under its hosts, or after all hosts
		if len(hosts)*len(uris) == len(pairs) && !mixed {
			yield(name, carried)
			return
		}
		byHost := map[any]map[match]bool{}
		for m := range carried {
			if byHost[m.host] == nil {
				byHost[m.host] = map[match]bool{}
			}
			byHost[m.host][m] = true
		}
		for _, host := range hosts {
			if !yield(fmt.Sprint(name, " ", host), byHost[host]) {
				return
			}
		}
	}
}

func hostOf(m match) string { return m.host }
func uriOf(m match) string  { return m.uri }

// route is the desired route with only the hosts and paths that need carrying, and a priority above every route. It holds by
// itself what it will have from its service and its plugin config: they are updated while it carries.
func (b *bridges) route(s *schedule, key gateway.Key, name string, carried map[match]bool) gateway.Resource {
	d := s.d
	final := d.desired[key]
	spec := maps.Clone(final.Spec)
	for _, field := range []string{"host", "hosts", "uri", "uris", "name", "plugin_config_id"} {
		delete(spec, field)
	}
	service := d.desired[serviceOf(final)].Spec
	keepUpstream(spec, service)
	keepFields(spec, service, "path_prefix", "strip_path_prefix") // which only services of API7 Enterprise have
	if plugins := effectivePlugins(d.desired, final); len(plugins) > 0 {
		spec["plugins"] = plugins
	}
	if _, updated := s.updates[serviceOf(final)]; updated {
		delete(spec, "service_id")
	}
	spec["uris"] = withoutPrefix(distinct(carried, uriOf), prefixOf(nil, gateway.Resource{Spec: spec}))
	if hosts := distinct(carried, hostOf); !slices.Contains(hosts, any("")) {
		spec["hosts"] = hosts
	}
	spec["priority"] = b.lift + priority(final)
	return gateway.Resource{Key: bridgeKey(name), Spec: spec, Origin: final.Origin}
}

// bridgeKey is derived from what names the bridge, so that a pass that was cut off finds its own bridge again.
func bridgeKey(name string) gateway.Key {
	sum := sha256.Sum256([]byte(name))
	return gateway.Key{Kind: gateway.Routes, ID: gateway.BridgePrefix + hex.EncodeToString(sum[:8])}
}

// lift is what brings the priority of any route above that of every other, so that bridges keep the order of the routes that they
// lead to.
func (d *diff) lift() int64 {
	var highest, lowest int64
	for _, state := range []gateway.State{d.live, d.desired} {
		for key, resource := range state {
			if key.Kind == gateway.Routes && !key.Temporary() {
				highest, lowest = max(highest, priority(resource)), min(lowest, priority(resource))
			}
		}
	}
	return highest + 1 - lowest
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

// keepUpstream keeps the upstream of a service that will have none.
func keepUpstream(kept, old map[string]any) {
	_, inline := kept["upstream"]
	if _, named := kept["upstream_id"]; inline || named {
		return
	}
	keepFields(kept, old, "upstream", "upstream_id")
}

// withoutPrefix writes paths as they stand in a route, whose service or bridge puts the prefix before them.
func withoutPrefix(uris []any, prefix string) []any {
	for i, uri := range uris {
		uris[i] = strings.TrimPrefix(uri.(string), prefix)
	}
	return uris
}

func keepFields(kept, old map[string]any, fields ...string) {
	for _, field := range fields {
		if value, ok := old[field]; ok {
			kept[field] = value
		}
	}
}
