package plan

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// checkNeighbours warns of live resources that Sluice does not own and that take what a desired one is meant to have: its requests, its
// server name, its caller's key. The gateway chooses between two equals by chance.
func (d *diff) checkNeighbours() {
	if len(d.foreigners) == 0 {
		return
	}
	d.foreignRoutes()
	d.foreignCertificates()
	d.foreignIdentities()
}

func (d *diff) neighbour(r gateway.Resource, path, code, format string, args ...any) {
	d.warnings.Add(diag.Warningf(r.Origin.Place(gateway.Path{gateway.Field(path)}), code, format, args...).
		WithHint("remove one of the two, set them apart, or write the other into the config repo and let Sluice adopt it"))
}

// contest is what two routes may not both have: a match, at one priority.
type contest struct {
	match
	priority int64
}

// foreignRoutes compares matches as texts, but for a method or a condition that one of the two leaves open.
func (d *diff) foreignRoutes() {
	taken := map[contest][]gateway.Key{}
	for _, key := range d.foreigners.Keys() {
		for m := range matches(d.live, d.live[key]) {
			at := contest{match{host: m.host, uri: m.uri}, priority(d.live[key])}
			taken[at] = append(taken[at], key)
		}
	}
	if len(taken) == 0 {
		return
	}
	for _, key := range d.desired.Keys() {
		warned := map[gateway.Key]bool{}
		for _, m := range slices.SortedFunc(maps.Keys(matches(d.desired, d.desired[key])), match.compare) {
			for _, other := range taken[contest{match{host: m.host, uri: m.uri}, priority(d.desired[key])}] {
				if !warned[other] && other != key && d.meet(m, other) {
					warned[other] = true
					d.neighbour(d.desired[key], "uri", "foreign-route-conflict",
						"%s takes the same requests as %s, which Sluice does not own", key, other)
				}
			}
		}
	}
}

func (d *diff) meet(m match, other gateway.Key) bool {
	for n := range matches(d.live, d.live[other]) {
		if _, both := m.and(n); both && n.host == m.host && n.uri == m.uri {
			return true
		}
	}
	return false
}

func (d *diff) foreignCertificates() {
	names := map[string]gateway.Key{}
	for _, key := range d.foreigners.Keys() {
		if key.Kind == gateway.SSLs && serves(d.live[key]) {
			for _, name := range texts(d.live[key].Spec, "sni", "snis") {
				names[name] = key
			}
		}
	}
	for _, key := range d.desired.Keys() {
		if key.Kind != gateway.SSLs || !serves(d.desired[key]) || len(names) == 0 {
			continue
		}
		for _, name := range texts(d.desired[key].Spec, "sni", "snis") {
			if other, found := names[name]; found && other != key {
				d.neighbour(d.desired[key], "snis", "foreign-ssl-conflict",
					"%s is for the server name %s as %s is, which Sluice does not own", key, name, other)
			}
		}
	}
}

// foreignIdentities compares keys in constant time, and says only whose they are.
func (d *diff) foreignIdentities() {
	var theirs []gateway.Key
	for _, key := range d.foreigners.Keys() {
		if len(identities(d.live[key])) > 0 {
			theirs = append(theirs, key)
		}
	}
	if len(theirs) == 0 {
		return
	}
	for _, key := range d.desired.Keys() {
		for plugin, secret := range identities(d.desired[key]) {
			for _, other := range theirs {
				if held, ok := identities(d.live[other])[plugin]; ok && other != key && secret.Equal(held) {
					d.neighbour(d.desired[key], "plugins", "foreign-key-conflict",
						"%s has the same %s identity as %s, which Sluice does not own", key, plugin, other)
				}
			}
		}
	}
}

// identities are what identifies a consumer or a credential, by plugin.
func identities(r gateway.Resource) map[string]gateway.Secret {
	found := map[string]gateway.Secret{}
	for c := range claims(r) {
		if c.id != "" {
			found[c.plugin] = gateway.NewSecret("", c.id)
		}
	}
	return found
}
