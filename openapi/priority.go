package openapi

import (
	"cmp"
	"slices"
	"strings"
)

// rank is how literal a template is.
type rank struct {
	pattern string
	weight  int    // two for a literal segment, one for a segment that is partly literal
	shape   string // a digit for each segment, from the left; a higher one is more literal
}

func rankOf(t template) rank {
	r := rank{pattern: t.pattern()}
	var shape strings.Builder
	for _, segment := range t.segments() {
		digit := byte('3')
		for _, p := range segment {
			switch {
			case p.greedy:
				digit = '0'
			case p.param && len(segment) == 1:
				digit = '1'
			case p.param && digit != '0':
				digit = '2'
			}
		}
		r.weight += max(0, int(digit)-'1')
		shape.WriteByte(digit)
	}
	r.shape = shape.String()
	return r
}

// priorities returns the priority of each template, by its pattern. Group tells the prefix that routes are found by; "" for a path
// that is found as it is, which needs none.
//
// Of templates that may take the same path the more literal one wins: it gets 100 for each literal segment behind the prefix and 50 for
// each that is partly so. Those that are equally literal are counted on from there: every template of a prefix has a priority of its
// own, since no check and no gateway can tell two expressions apart.
func priorities(templates []template, group func(template) string) map[string]int64 {
	groups := map[string]map[string]rank{}
	for _, t := range templates {
		prefix := group(t)
		if prefix == "" {
			continue
		}
		if groups[prefix] == nil {
			groups[prefix] = map[string]rank{}
		}
		r := rankOf(t)
		groups[prefix][r.pattern] = r
	}
	found := map[string]int64{}
	for prefix, ranks := range groups {
		prioritise(2*(strings.Count(prefix, "/")-1), ranks, found)
	}
	return found
}

// prioritise gives out the priorities of one prefix, whose own segments weigh so much.
func prioritise(prefix int, ranks map[string]rank, into map[string]int64) {
	byWeight := map[int][]rank{}
	step := 50
	for _, r := range ranks {
		byWeight[r.weight] = append(byWeight[r.weight], r)
		for len(byWeight[r.weight]) > step {
			step *= 10
		}
	}
	for weight, equals := range byWeight {
		slices.SortFunc(equals, func(a, b rank) int {
			return cmp.Or(cmp.Compare(a.shape, b.shape), cmp.Compare(a.pattern, b.pattern))
		})
		for i, r := range equals {
			into[r.pattern] = int64(max(0, weight-prefix)*step + i)
		}
	}
}
