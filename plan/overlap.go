package plan

import (
	"iter"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// touched lists the matches of every route that changes, before and after, by its own change or by its service's; and what two of
// them have in common, as "a.test/x" between "any host, /x" and "a.test, any path".
func (d *diff) touched() map[match]bool {
	changed := map[gateway.Key]bool{}
	for _, change := range slices.Concat(d.creates, d.updates, d.deletes) {
		changed[change.Key] = true
	}
	set := changedMatches(d.live, changed)
	maps.Copy(set, changedMatches(d.desired, changed))
	common, all := overlaps(set)
	if !all {
		d.warnings.Add(diag.Warningf(diag.Pos{}, "many-overlaps",
			"so many routes overlap that %d of the requests that two of them take are looked at, and no more", mostOverlaps).
			WithHint("move routes that are wide in one way and narrow in another in smaller commits"))
	}
	for _, m := range common {
		set[m] = true
	}
	return set
}

func changedMatches(state gateway.State, changed map[gateway.Key]bool) map[match]bool {
	set := map[match]bool{}
	for key, resource := range state {
		if key.Kind == gateway.Routes && (changed[key] || changed[serviceOf(resource)]) {
			maps.Copy(set, matches(state, resource))
		}
	}
	return set
}

// contend reports whether a route that comes and one that changes take the same requests: what the one takes from the other must have
// left before it changes.
func (d *diff) contend(coming, changing []Change) bool {
	sets := [2]map[match]bool{{}, {}}
	for i, changes := range [][]Change{coming, changing} {
		for _, c := range changes {
			maps.Copy(sets[i], matches(d.desired, d.desired[c.Key]))
		}
	}
	return meetAny(sets[0], sets[1]) || meetAny(sets[1], sets[0])
}

// meetAny reports whether one of the matches meets one of the others on a host that is as wide or wider.
func meetAny(set, others map[match]bool) bool {
	near := nearby(maps.Keys(others))
	for m := range set {
		for n := range near.meeting(m) {
			if _, ok := m.meets(n); ok {
				return true
			}
		}
	}
	return false
}

// mostOverlaps bounds what is looked at between matches: a thousand hosts with any path and a thousand paths on any host have a million
// of them.
const mostOverlaps = 1 << 18

// overlaps lists what two of the matches have in common and neither is. All is false when there are more than are listed.
func overlaps(set map[match]bool) (common []match, all bool) {
	found := map[match]bool{}
	near := nearby(maps.Keys(set))
	for _, m := range slices.SortedFunc(maps.Keys(set), match.compare) { // the bound must not cut by chance
		for n := range near.meeting(m) {
			if shared, ok := m.meets(n); ok && !set[shared] {
				found[shared] = true
			}
			if len(found) == mostOverlaps {
				return slices.Collect(maps.Keys(found)), false
			}
		}
	}
	return slices.Collect(maps.Keys(found)), true
}

// neighbourhood finds the matches that may have requests in common with one: by host, sorted by path.
type neighbourhood map[string][]match

func nearby(set iter.Seq[match]) neighbourhood {
	near := neighbourhood{}
	for m := range set {
		near[m.host] = append(near[m.host], m)
	}
	for _, list := range near {
		slices.SortFunc(list, match.compare)
	}
	return near
}

// meeting gives the matches whose hosts take that of m in, and whose paths have something in common with its own.
func (n neighbourhood) meeting(m match) iter.Seq[match] {
	return func(yield func(match) bool) {
		for _, host := range widerHosts(m.host) {
			list := n[host]
			if len(list) == 0 {
				continue
			}
			for _, uri := range widerURIs(m.uri) {
				if !eachFrom(list, uri, func(found string) bool { return found == uri }, yield) {
					return
				}
			}
			prefix, open := strings.CutSuffix(m.uri, "*")
			below := func(found string) bool { return strings.HasPrefix(found, prefix) }
			if open && !eachFrom(list, prefix, below, func(n match) bool { return n.uri == m.uri || yield(n) }) {
				return
			}
		}
	}
}

// eachFrom gives the matches of a sorted list from a path on, as long as their paths are wanted.
func eachFrom(list []match, uri string, wanted func(string) bool, yield func(match) bool) bool {
	start := sort.Search(len(list), func(i int) bool { return list[i].uri >= uri })
	for _, m := range list[start:] {
		if !wanted(m.uri) {
			return true
		}
		if !yield(m) {
			return false
		}
	}
	return true
}
