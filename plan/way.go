package plan

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// way says what is answered on the way from live to desired.
type way struct {
	before coverage // by live
	after  coverage // by desired
	steps  []passage
}

// passage is one step that moves matches.
type passage struct {
	always coverage // by routes that answer throughout the step
	ever   coverage // by routes that may answer at some time in it
}

// way looks at four steps: services are updated, routes are created, routes are updated, routes are deleted.
func (d *diff) way(s *schedule) way {
	w := way{coverage{}, coverage{}, make([]passage, 4)}
	for i := range w.steps {
		w.steps[i] = passage{coverage{}, coverage{}}
	}
	middle := d.middle()
	for key, live := range d.live {
		before, between := matches(d.live, live), matches(middle, live)
		if s.detours[key] || s.stages[key] == leaving { // the update of its service does not concern it
			between = before
		}
		w.before.add(live, before)
		w.steps[0].add(live, before, between)
		w.steps[1].add(live, between, between)
		next, stays := d.desired[key]
		if !stays {
			w.steps[2].add(live, between, between)
			w.steps[3].add(live, between, nil)
			continue
		}
		after := matches(d.desired, next)
		w.steps[2].add(live, between, after)
		w.steps[3].add(live, after, after)
	}
	for key, next := range d.desired {
		after := matches(d.desired, next)
		w.after.add(next, after)
		if _, existed := d.live[key]; !existed {
			w.steps[1].add(next, nil, after)
			w.steps[2].add(next, after, after)
			w.steps[3].add(next, after, after)
		}
	}
	return w
}

func (p passage) add(r gateway.Resource, before, after map[match]bool) {
	p.always.add(r, both(before, after))
	p.ever.add(r, before)
	if !maps.Equal(before, after) {
		p.ever.add(r, after)
	}
}

// keeps reports whether m is answered throughout, and by nothing but the route that answered it before and the one that will.
func (w way) keeps(m match, first, final gateway.Key) bool {
	return !slices.ContainsFunc(w.steps, func(p passage) bool { return !p.keeps(m, first, final) })
}

func (p passage) keeps(m match, first, final gateway.Key) bool {
	ranked := slices.Collect(p.ever.ranked(m))
	last := map[gateway.Key]int{} // a route whose match changes may stand in two places
	for i, r := range ranked {
		last[r.Key] = i
	}
	for i, r := range ranked {
		switch {
		case r.Key == standIn(final).Key:
			return true
		case r.Key != first && r.Key != final:
			return false
		case last[r.Key] == i && p.always.has(m, r.Key):
			return true
		}
	}
	return false
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
	for _, change := range slices.Concat(d.creates, d.updates, d.deletes) {
		changed[change.Key] = true
	}
	set := changedMatches(d.live, changed)
	maps.Copy(set, changedMatches(d.desired, changed))
	for _, common := range overlaps(set) {
		set[common] = true
	}
	return set
}

// overlaps lists what two of the matches have in common and neither is. Those that differ only in their path never have that.
func overlaps(set map[match]bool) []match {
	bySeat := map[match][]match{}
	for m := range set {
		bySeat[m.seat()] = append(bySeat[m.seat()], m)
	}
	if len(bySeat)*len(bySeat) > mostPairs {
		return nil
	}
	var found []match
	for _, pair := range meetingSeats(bySeat) {
		for _, m := range bySeat[pair[0]] {
			for _, n := range bySeat[pair[1]] {
				if common, ok := m.and(n); ok && !set[common] {
					found = append(found, common)
				}
			}
		}
	}
	return found
}

// meetingSeats lists the pairs of different seats that have requests in common; none where looking at their paths would take too long.
func meetingSeats(bySeat map[match][]match) [][2]match {
	var list [][2]match
	pairs := 0
	for seat, group := range bySeat {
		for other, others := range bySeat {
			if _, meet := seat.and(other); meet && seat.compare(other) < 0 {
				list = append(list, [2]match{seat, other})
				pairs += len(group) * len(others)
			}
		}
	}
	if pairs > mostPairs {
		return nil
	}
	return list
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
