package render

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// together reports whether a request can meet all of two lists of conditions.
func together(a, b []condition) truth {
	for _, one := range a {
		for _, other := range b {
			if contradicts(one, other) {
				return no
			}
		}
	}
	aOwn, aFree, met := beside(a, b)
	bOwn, bFree, _ := beside(b, a)
	if met && (!aOwn || !bOwn || aFree && bFree) {
		return yes
	}
	return maybe
}

// beside compares the variables of a list with those of another: whether it asks for some of its own, whether a request can
// have these whatever the others are, and whether those that both ask for have a value that meets all.
func beside(a, b []condition) (own, free, met bool) {
	free, met = true, true
	for i, c := range a {
		if slices.ContainsFunc(a[:i], func(before condition) bool { return before.name == c.name }) {
			continue
		}
		mine, theirs := about(a, c.name), about(b, c.name)
		if len(theirs) == 0 {
			own, free = true, free && isFree(c.name)
		} else {
			met = met && (within(mine, theirs) || within(theirs, mine) || witnessed(slices.Concat(mine, theirs)))
		}
	}
	return own, free, met
}

func about(conditions []condition, name string) []condition {
	var found []condition
	for _, c := range conditions {
		if c.name == name {
			found = append(found, c)
		}
	}
	return found
}

// isFree reports whether a client chooses the variable without a bearing on others.
func isFree(name string) bool {
	switch name {
	case "request_method", "remote_addr":
		return true
	case "http_host", "http_cookie":
		return false
	}
	return slices.ContainsFunc([]string{"arg_", "http_", "cookie_"}, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// within reports whether others asks for all that some ask for.
func within(some, others []condition) bool {
	return !slices.ContainsFunc(some, func(c condition) bool { return !slices.ContainsFunc(others, c.same) })
}

// witnessed looks for a value that meets all conditions of one variable.
func witnessed(all []condition) bool {
	for _, c := range all {
		for _, value := range c.samples() {
			v := operand{text: value}
			if !slices.ContainsFunc(all, func(c condition) bool { return c.holds(v) != yes }) {
				return true
			}
		}
	}
	return false
}

// samples are some values at the edges of what c speaks of.
func (c condition) samples() []string {
	switch c.op {
	case "==", "in":
		return append(textsOf(c.values), "", "another")
	case "<", "<=", ">", ">=":
		var all []string
		for _, step := range []float64{0, -0.5, 0.5, -1, 1} {
			all = append(all, strconv.FormatFloat(c.limit+step, 'f', -1, 64))
		}
		return all
	case "~~":
		if c.pattern != nil {
			return []string{c.pattern.prefix}
		}
	case "ipmatch":
		return addressesOf(c.ranges)
	}
	return nil
}

func addressesOf(ranges []netip.Prefix) []string {
	var all []string
	for _, prefix := range ranges {
		all = append(all, prefix.Addr().String())
	}
	return all
}
