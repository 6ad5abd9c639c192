package plan

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// Some plugins linger: an update that loses them keeps them until what else changes is in place everywhere, and drops them in contract.
//
//	a consumer, a group            what protects or says who a caller is, while anything else that protects comes, changes or goes;
//	                               any other plugin while another resource takes it over
//	a global rule that gains       the same: it is updated before all others (protect.go)
//	a route, service, plugin       what protects, while consumers gain it at the same time or later
//	config
//
// Both the old and the new guard stand in between, which opens nothing. Lists of names linger too (names.go).

// lingering is the plugins of each resource that stay until contract, beside its final ones or in their place.
type lingering map[gateway.Key]map[string]any

// add notes a plugin that stays.
func (l lingering) add(key gateway.Key, name string, conf any) {
	if l[key] == nil {
		l[key] = map[string]any{}
	}
	l[key][name] = conf
}

// with returns a resource with the plugins that linger on it.
func (l lingering) with(r gateway.Resource) gateway.Resource {
	final, _ := r.Spec["plugins"].(map[string]any)
	plugins := map[string]any{}
	maps.Copy(plugins, final)
	maps.Copy(plugins, l[r.Key])
	spec := maps.Clone(r.Spec)
	spec["plugins"] = plugins
	return gateway.Resource{Key: r.Key, Spec: spec, Origin: r.Origin}
}

// hold returns changes with the plugins that linger, without those that then change nothing.
func (l lingering) hold(changes []Change) []Change {
	var held []Change
	for _, c := range changes {
		if len(l[c.Key]) > 0 && c.Op != Delete {
			middle := l.with(*c.New)
			c.New, c.Fields = &middle, fields(c.Old, &middle)
			if len(c.Fields) == 0 {
				continue
			}
		}
		held = append(held, c)
	}
	return held
}

// drop returns what removes the plugins that linger.
func (l lingering) drop(d *diff) []Change {
	var dropped []Change
	for key := range l {
		final := d.desired[key]
		middle := l.with(final)
		if changed := fields(&middle, &final); len(changed) > 0 {
			dropped = append(dropped, Change{Op: Update, Key: key, Old: &middle, New: &final, Fields: changed,
				Why: "drops what stood until the rest was in place"})
		}
	}
	return dropped
}

// portions are changes that are made in more than one step.
type portions struct {
	released []Change // what lets go of a claim
	first    []Change // in the place of the updates
	last     []Change // in contract, with the routes that go (inpart.go)
	dropped  []Change // in contract, when the routes have gone
}

func (d *diff) portions(updates, released []Change, l lingering, s *schedule) portions {
	first, last := inParts(updates)
	d.linger(l, slices.Concat(updates, released), s)
	for i, c := range last { // what lingers does so beyond the last part
		if len(l[c.Key]) > 0 {
			old, next := l.with(*c.Old), l.with(*c.New)
			last[i].Old, last[i].New, last[i].Fields = &old, &next, fields(&old, &next)
		}
	}
	return portions{released: l.hold(released), first: l.hold(first), last: last, dropped: l.drop(d)}
}

// linger finds what lingers beside the lists of names.
func (d *diff) linger(l lingering, updates []Change, s *schedule) {
	altered := d.altered()
	held := d.wanted()
	for _, c := range updates {
		for _, name := range d.lost(c) {
			conf := effectivePlugins(d.live, d.live[c.Key])[name]
			if d.mustLinger(c, name, altered, s) && !takenOver(c.Key, name, conf, held) {
				l.add(c.Key, name, conf)
			}
		}
	}
}

// lost names the plugins that a resource has now and will not have in the end; those of its group belong to a consumer.
func (d *diff) lost(c Change) []string {
	live, next := d.live[c.Key], d.desired[c.Key]
	if next.Spec == nil {
		return nil
	}
	if c.Key.Kind != gateway.Consumers {
		return lostPlugins(live.Spec, next.Spec)
	}
	return lostPlugins(map[string]any{"plugins": effectivePlugins(d.live, live)}, map[string]any{"plugins": effectivePlugins(d.desired, next)})
}

func (d *diff) mustLinger(c Change, name string, altered map[string][]gateway.Key, s *schedule) bool {
	switch c.Key.Kind {
	case gateway.GlobalRules:
		return len(c.gained()) > 0 && (slices.Contains(protective, name) || altersElsewhere(altered, name, c.Key))
	case gateway.ConsumerGroups:
		return altersElsewhere(altered, name, c.Key)
	case gateway.Consumers: // its place is already such that it never does without what its groups take over
		return altersElsewhere(altered, name, groupOf(d.live[c.Key]), groupOf(d.desired[c.Key]))
	case gateway.Routes, gateway.Services, gateway.PluginConfigs:
		return slices.Contains(protective, name) && s.guardsLater(s.stages[c.Key])
	}
	return false
}

// altersElsewhere reports whether any but these resources changes a plugin, or what may take its place.
func altersElsewhere(altered map[string][]gateway.Key, name string, but ...gateway.Key) bool {
	for _, name := range alike(name) {
		if slices.ContainsFunc(altered[name], func(key gateway.Key) bool { return !slices.Contains(but, key) }) {
			return true
		}
	}
	return false
}

// alike names the plugins that may take a plugin's place: another way to ask who a caller is, or another guard that asks for nothing. A
// guard of callers must not linger because a route begins to ask who they are: it would shut out whom nothing shuts out, before or after.
func alike(name string) []string {
	if !slices.Contains(protective, name) {
		return []string{name}
	}
	return slices.DeleteFunc(slices.Clone(protective), func(other string) bool { return (authKeys[other] == "") != (authKeys[name] == "") })
}

func groupOf(consumer gateway.Resource) gateway.Key {
	return gateway.Key{Kind: gateway.ConsumerGroups, ID: gateway.Show(consumer.Spec["group_id"])}
}

// altered lists by plugin which resources change it, bring it or lose it. Consumers are left out: they say who asks, not what is asked.
func (d *diff) altered() map[string][]gateway.Key {
	found := map[string][]gateway.Key{}
	for _, c := range slices.Concat(d.creates, d.updates, d.deletes) {
		if isIdentity(c) {
			continue
		}
		old, next := effectivePlugins(d.live, d.live[c.Key]), effectivePlugins(d.desired, d.desired[c.Key])
		all := maps.Clone(old)
		maps.Copy(all, next)
		for name := range all {
			if !gateway.Equal(old[name], next[name]) {
				found[name] = append(found[name], c.Key)
			}
		}
	}
	return found
}

// guardsLater reports whether a consumer or a group gains what protects in this stage or in a later one.
func (s *schedule) guardsLater(at stage) bool {
	for key, c := range s.updates {
		if key.Kind != gateway.Consumers && key.Kind != gateway.ConsumerGroups || s.stages[key] < at {
			continue
		}
		old, next := effectivePlugins(s.d.live, *c.Old), effectivePlugins(s.d.desired, *c.New)
		for _, name := range protective {
			if _, asks := authKeys[name]; !asks && next[name] != nil && !gateway.Equal(old[name], next[name]) {
				return true
			}
		}
	}
	return false
}

// wanted maps each claim of the desired state to those who hold it in the end.
func (d *diff) wanted() map[claim][]gateway.Key {
	holders := map[claim][]gateway.Key{}
	for key, r := range d.desired {
		for claim := range claims(r) {
			holders[claim] = append(holders[claim], key)
		}
	}
	return holders
}

// takenOver reports whether another resource takes what only one may hold: that can't linger.
func takenOver(key gateway.Key, name string, conf any, wanted map[claim][]gateway.Key) bool {
	for claim := range claims(gateway.Resource{Key: key, Spec: map[string]any{"plugins": map[string]any{name: conf}}}) {
		if slices.ContainsFunc(wanted[claim], func(other gateway.Key) bool { return other != key }) {
			return true
		}
	}
	return false
}
