package render

import (
	"slices"
	"strconv"
)

// condition is one of several that must all hold for a request: a variable compared with values.
type condition struct {
	name   string
	op     string // == ~= in notin < > <= >=
	values []string
}

// conditions reads vars as far as it is a list of comparisons that must all hold. What is written in another way is left
// out: it proves nothing.
func conditions(vars any) []condition {
	list, _ := vars.([]any)
	if len(list) == 0 {
		return nil
	}
	if word, ok := list[0].(string); ok {
		if word != "AND" {
			return nil
		}
		list = list[1:]
	}
	var all []condition
	for _, item := range list {
		if c, ok := readCondition(item); ok {
			all = append(all, c)
		}
	}
	return all
}

// readCondition reads [name, op, value] and [name, "!", op, value].
func readCondition(item any) (condition, bool) {
	parts, _ := item.([]any)
	negated := len(parts) == 4 && parts[1] == "!"
	if negated {
		parts = []any{parts[0], parts[2], parts[3]}
	}
	if len(parts) != 3 {
		return condition{}, false
	}
	name, ok := parts[0].(string)
	op, also := parts[1].(string)
	values, read := valuesOf(parts[2])
	if negated {
		op = opposite[op]
	}
	c := condition{name, op, values}
	return c, ok && also && read && c.known()
}

// opposite are the comparisons whose negation is a comparison as well. A missing variable has no order.
var opposite = map[string]string{"==": "~=", "~=": "==", "in": "notin"}

func (c condition) known() bool {
	switch c.op {
	case "==", "~=":
		return len(c.values) == 1
	case "<", ">", "<=", ">=":
		_, err := strconv.ParseFloat(c.values[0], 64)
		return len(c.values) == 1 && err == nil
	}
	return c.op == "in" || c.op == "notin"
}

// valuesOf returns a value, or those of a list, as text: a request has nothing else.
func valuesOf(v any) ([]string, bool) {
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	var all []string
	for _, item := range list {
		switch item := item.(type) {
		case string:
			all = append(all, item)
		case int64, float64, bool:
			all = append(all, compact(item))
		default:
			return nil, false
		}
	}
	return all, len(all) > 0
}

// exclusive reports whether no request can meet both lists of conditions: two of them contradict each other.
func exclusive(a, b []condition) bool {
	for _, one := range a {
		for _, other := range b {
			if one.name == other.name && (contradicts(one, other) || contradicts(other, one)) {
				return true
			}
		}
	}
	return false
}

// contradicts reports whether none of the values that a lets through meets b, or whether the two are ranges apart.
func contradicts(a, b condition) bool {
	if a.op == "==" || a.op == "in" {
		return !slices.ContainsFunc(a.values, b.lets)
	}
	upper, lower := a.op == "<" || a.op == "<=", b.op == ">" || b.op == ">="
	if !upper || !lower {
		return false
	}
	most, least := number(a.values[0]), number(b.values[0])
	return most < least || most == least && (a.op == "<" || b.op == ">")
}

// lets reports whether a variable of that value meets c.
func (c condition) lets(value string) bool {
	switch c.op {
	case "==", "in":
		return slices.ContainsFunc(c.values, func(own string) bool { return sameValue(own, value) })
	case "~=", "notin":
		return !slices.Contains(c.values, value)
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return true // how the gateway orders text is not known here
	}
	switch limit := number(c.values[0]); c.op {
	case "<":
		return n < limit
	case ">":
		return n > limit
	case "<=":
		return n <= limit
	default:
		return n >= limit
	}
}

// sameValue compares as text or as numbers, whichever finds two values equal.
func sameValue(a, b string) bool {
	if a == b {
		return true
	}
	x, err := strconv.ParseFloat(a, 64)
	y, bad := strconv.ParseFloat(b, 64)
	return err == nil && bad == nil && x == y
}

func number(text string) float64 {
	n, _ := strconv.ParseFloat(text, 64) // known() has read it
	return n
}
