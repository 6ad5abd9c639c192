package render

import (
	"net/netip"
	"strconv"
	"strings"
)

// truth says whether something holds. The zero value is that it can't be told.
type truth int

const (
	no    truth = -1
	maybe truth = 0
	yes   truth = 1
)

// operand is what a variable is compared with. A number stands for each of its spellings.
type operand struct {
	text   string
	number bool
}

// condition compares one variable of a request.
type condition struct {
	name    string
	op      string // == in < <= > >= ~~ has ipmatch, "filter" of a function, or empty for one that can't be read
	negated bool
	values  []operand      // of == and in
	limit   float64        // of an order
	pattern *pattern       // of ~~; nil where Go can't express it
	ranges  []netip.Prefix // of ipmatch
	text    string         // tells conditions apart, but for their negation
}

// same reports whether two conditions are one.
func (c condition) same(other condition) bool {
	return c.name == other.name && c.op == other.op && c.negated == other.negated && c.text == other.text
}

// holds reports whether a variable of that value meets c.
func (c condition) holds(v operand) truth {
	if c.negated {
		return -c.plainly(v)
	}
	return c.plainly(v)
}

// plainly is holds without the negation.
func (c condition) plainly(v operand) truth {
	switch c.op {
	case "==", "in":
		best := no
		for _, own := range c.values {
			best = max(best, own.equals(v))
		}
		return best
	case "<", "<=", ">", ">=":
		return c.orders(v)
	case "~~":
		return c.pattern.matches(v)
	case "has":
		return no // a text holds no items
	case "ipmatch":
		return c.contains(v)
	}
	return maybe
}

// equals compares as the gateway does: with a number as numbers, else as text.
func (o operand) equals(v operand) truth {
	if !o.number && !v.number {
		return truthOf(o.text == v.text)
	}
	x, err := strconv.ParseFloat(o.text, 64)
	y, bad := strconv.ParseFloat(v.text, 64)
	switch {
	case err != nil || bad != nil:
		return truthOf(o.text == v.text)
	case x != y:
		return no
	case o.number:
		return yes
	}
	return maybe // one of the spellings of the number is the text
}

func truthOf(holds bool) truth {
	if holds {
		return yes
	}
	return no
}

// orders compares as numbers. What is no number has no order.
func (c condition) orders(v operand) truth {
	n, err := strconv.ParseFloat(v.text, 64)
	if err != nil {
		if v.text == "" || !strings.ContainsRune(" \t+-.0123456789", rune(v.text[0])) {
			return no
		}
		return maybe // the gateway may read it as a number all the same
	}
	switch c.op {
	case "<":
		return truthOf(n < c.limit)
	case "<=":
		return truthOf(n <= c.limit)
	case ">":
		return truthOf(n > c.limit)
	default:
		return truthOf(n >= c.limit)
	}
}

func (c condition) contains(v operand) truth {
	address, err := netip.ParseAddr(v.text)
	if err != nil {
		return no
	}
	for _, prefix := range c.ranges {
		if prefix.Contains(address) {
			return yes
		}
	}
	return no
}
