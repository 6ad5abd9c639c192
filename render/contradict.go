package render

import (
	"net/netip"
	"slices"
)

// contradicts reports whether no value of the variable that both speak of meets both. It is true only where that is proven.
func contradicts(a, b condition) bool {
	switch {
	case a.name != b.name:
		return false
	case a.op == "filter":
		return a.text != b.text // two functions that someone wrote to tell requests apart
	case a.op == b.op && a.text == b.text && a.negated != b.negated:
		return true
	}
	return oneSided(a, b) || oneSided(b, a)
}

// oneSided looks at a as what says which values there can be.
func oneSided(a, b condition) bool {
	if a.negated {
		return false
	}
	switch a.op {
	case "==", "in":
		return !slices.ContainsFunc(a.values, func(v operand) bool { return b.holds(v) != no })
	case "<", "<=", ">", ">=":
		return rangesApart(a, b)
	case "~~":
		return b.op == "~~" && !b.negated && a.pattern.apart(b.pattern)
	case "ipmatch":
		return b.op == "ipmatch" && !slices.ContainsFunc(a.ranges, func(p netip.Prefix) bool { return b.lets(p) })
	}
	return false
}

// turned are the orders that hold for a number exactly when others don't.
var turned = map[string]string{"<": ">=", "<=": ">", ">": "<=", ">=": "<"}

// rangesApart compares two ranges of numbers. The first lets only numbers through, so that the second may be negated.
func rangesApart(a, b condition) bool {
	op, isOrder := b.op, turned[b.op] != ""
	if b.negated {
		op = turned[op]
	}
	switch {
	case !isOrder || (a.op[0] == op[0]):
		return false
	case a.op[0] == '<':
		return a.limit < b.limit || a.limit == b.limit && (a.op == "<" || op == ">")
	default:
		return b.limit < a.limit || a.limit == b.limit && (op == "<" || a.op == ">")
	}
}

// lets reports whether some address of a range may meet c.
func (c condition) lets(p netip.Prefix) bool {
	return slices.ContainsFunc(c.ranges, func(own netip.Prefix) bool {
		return own.Overlaps(p) && (!c.negated || own.Bits() <= p.Bits())
	}) != c.negated
}
