package standalone

import (
	"maps"
	"time"
)

// stamp is the version for sections that change: the time in milliseconds, but above everything that was ever seen of them,
// whatever the clocks did meanwhile.
func (g *Gateway) stamp(sections map[string]bool) int64 {
	stamp := time.Now().UnixMilli()
	for section := range sections {
		stamp = max(stamp, g.high[section]+1)
	}
	return stamp
}

// rebased returns d so that every instance will take it. An instance ignores a document whose digest it has already, ignores
// a section whose version it has already, and refuses one that is lower. Where that is in the way, what comes back has a
// digest of its own and higher versions for those sections; otherwise it is d itself.
func (g *Gateway) rebased(d *document) *document {
	stuck, clash := g.stuck(d)
	if len(stuck) == 0 && !clash && d.digest != "" {
		return d
	}
	next := &document{versions: maps.Clone(d.versions), sections: d.sections}
	stamp := g.stamp(stuck)
	for section := range stuck {
		next.versions[section] = stamp
	}
	next.seal()
	return next
}

// stuck returns the sections of d that some instance would not take as they are, and whether one has something else under the
// same digest.
func (g *Gateway) stuck(d *document) (sections map[string]bool, clash bool) {
	sections = map[string]bool{}
	for _, i := range g.instances {
		if i.has == nil || has(i, d) {
			continue
		}
		clash = clash || i.has.digest == d.digest
		for section, version := range d.versions {
			theirs := i.has.versions[section]
			if theirs > version || theirs == version && !sameItems(i.has.sections[section], d.sections[section]) {
				sections[section] = true
			}
		}
	}
	return sections, clash
}
