package render

import (
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// mostComparisons bounds the routes of one seat that are compared one by one: what no index tells apart would take a time that
// grows with the square of their number.
const mostComparisons = 1 << 18

// hall holds the routes that were placed so far, and what was found meanwhile.
type hall struct {
	benches map[seat]*bench
	faults  diag.List
	passed  []gateway.Resource // routes that were not compared with all others
}

// place seats a route unless another one takes the same requests.
func (h *hall) place(who *claim, seats []seat) {
	clash, doubt := h.others(who, seats)
	if clash != nil {
		h.faults.Add(routeConflict(who.route, clash.route))
		return
	}
	if doubt != nil {
		h.faults.Add(routeOverlap(who.route, doubt.route))
	}
	for _, s := range seats {
		if h.benches[s] == nil {
			h.benches[s] = &bench{left: mostComparisons}
		}
		h.benches[s].add(who)
	}
}

// others returns the first route on any of the seats that takes requests that who takes as well, and the first of which that
// can't be told.
func (h *hall) others(who *claim, seats []seat) (clash, doubt *claim) {
	for _, s := range seats {
		found := h.benches[s].candidates(who)
		if !h.benches[s].affords(len(found)) {
			h.passed = append(h.passed, who.route)
			return clash, doubt
		}
		for _, other := range found {
			switch met := who.meets(other); {
			case met == no:
			case met == yes && who.sharesPath(other):
				clash = firstOf(clash, other)
			default:
				doubt = firstOf(doubt, other)
			}
		}
	}
	return clash, doubt
}

// sharesPath reports whether two routes of one seat have a path in common to the letter: the names of parameters may differ.
func (c *claim) sharesPath(other *claim) bool { return shares(c.paths, other.paths) }

func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(text string) bool { return slices.Contains(b, text) })
}

func firstOf(a, b *claim) *claim {
	if a != nil && a.route.Key.Compare(b.route.Key) <= 0 {
		return a
	}
	return b
}

// confess says which routes were not looked at.
func (h *hall) confess() {
	if len(h.passed) == 0 {
		return
	}
	h.faults.Add(diag.Warningf(uriPlace(h.passed[0]), "routes-not-compared", "%s and %d more routes were not compared with all others",
		h.passed[0].Key, len(h.passed)-1).
		WithHint("too many routes of one path are told apart by ranges or patterns: give them paths or hosts of their own"))
}
