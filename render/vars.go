package render

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// mostCases bounds what vars are multiplied out to.
const mostCases = 64

// cases returns vars as the lists of conditions that a request meets one of: all of the conditions of a list. What can't be
// read is a condition that proves nothing.
func cases(vars any) [][]condition {
	if vars == nil || isEmpty(vars) {
		return [][]condition{nil}
	}
	all := expand(vars, false)
	if len(all) > mostCases {
		return [][]condition{{unread("vars", vars)}}
	}
	return all
}

func isEmpty(vars any) bool {
	switch vars := vars.(type) {
	case []any:
		return len(vars) == 0
	case map[string]any:
		return len(vars) == 0
	}
	return false
}

func unread(name string, v any) condition {
	return condition{name: name, text: string(gateway.AppendCanonical(nil, v))}
}

// expand multiplies an expression out; more than mostCases of it stand for too many.
func expand(expr any, negated bool) [][]condition {
	list, _ := expr.([]any)
	if len(list) == 0 {
		return [][]condition{{unread("vars", expr)}}
	}
	word, isText := list[0].(string)
	if !isText {
		return combine(list, negated, negated)
	}
	switch strings.ToUpper(word) {
	case "AND":
		return combine(list[1:], negated, negated)
	case "!AND":
		return combine(list[1:], !negated, !negated)
	case "OR":
		return combine(list[1:], !negated, negated)
	case "!OR":
		return combine(list[1:], negated, !negated)
	}
	return [][]condition{{readCondition(word, list, negated)}}
}

// combine expands parts of which any must hold, or all of them.
func combine(parts []any, either, negated bool) [][]condition {
	var all [][]condition
	if !either {
		all = [][]condition{nil}
	}
	for _, part := range parts {
		more := expand(part, negated)
		if either {
			all = append(all, more...)
		} else {
			all = across(all, more)
		}
		if len(all) > mostCases {
			return all
		}
	}
	return all
}

func across(left, right [][]condition) [][]condition {
	var all [][]condition
	for _, one := range left {
		for _, other := range right {
			all = append(all, slices.Concat(one, other))
		}
	}
	return all
}

// readCondition reads [name, op, value], [name, "!", op, value] and [name, value].
func readCondition(name string, parts []any, negated bool) condition {
	name = spelt(name)
	c := unread(name, parts)
	c.negated = negated
	if len(parts) == 4 && parts[1] == "!" {
		negated = !negated
		parts = []any{parts[0], parts[2], parts[3]}
	}
	if len(parts) == 2 {
		parts = []any{parts[0], "==", parts[1]}
	}
	op, ok := parts[min(1, len(parts)-1)].(string)
	if len(parts) != 3 || !ok {
		return c
	}
	op = strings.ToLower(op)
	c.text = op + string(gateway.AppendCanonical(nil, parts[2]))
	if op == "~=" {
		op, negated = "==", !negated
		c.text = "==" + strings.TrimPrefix(c.text, "~=")
	}
	c.negated = negated
	c.compare(op, parts[2])
	return c
}

// spelt spells a variable as others spell it: the gateway does not tell headers apart by case.
func spelt(name string) string {
	if lower := strings.ToLower(name); strings.HasPrefix(lower, "http_") {
		return strings.ReplaceAll(lower, "-", "_")
	}
	return name
}

// compare sets how c compares, where that can be read.
func (c *condition) compare(op string, with any) {
	values, ok := operandsOf(with)
	single := ok && len(values) == 1
	switch op {
	case "==":
		if !single {
			return
		}
	case "in":
		if !ok {
			return
		}
	case "<", "<=", ">", ">=":
		limit, err := strconv.ParseFloat(values[0].text, 64)
		if !single || err != nil {
			return
		}
		c.limit = limit
	case "~~", "~*":
		if !single {
			return
		}
		c.pattern = patternOf(values[0].text, op == "~*")
		op = "~~"
	case "ipmatch":
		c.ranges = prefixes(textsOf(values))
		if c.ranges == nil {
			return
		}
	case "has":
	default:
		return
	}
	c.op, c.values = op, values
}

// operandsOf returns a value, or those of a list. It reports false, and one empty operand, when some is not known.
func operandsOf(v any) ([]operand, bool) {
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	var all []operand
	for _, item := range list {
		one, ok := operandOf(item)
		if !ok {
			return []operand{{}}, false
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return []operand{{}}, false
	}
	return all, true
}

func operandOf(v any) (operand, bool) {
	switch v := v.(type) {
	case string:
		return operand{text: v}, true
	case gateway.Secret:
		if !v.Resolved() {
			return operand{}, false
		}
		return operand{text: v.Reveal()}, true
	case int64, float64:
		return operand{text: compact(v), number: true}, true
	case bool:
		return operand{text: compact(v)}, true
	}
	return operand{}, false
}

func textsOf(values []operand) []string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = value.text
	}
	return texts
}

// prefixes reads addresses and ranges; nil when one can't be read: nothing is proven then.
func prefixes(texts []string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			address, bad := netip.ParseAddr(strings.Trim(text, "[]"))
			if bad != nil {
				return nil
			}
			prefix = netip.PrefixFrom(address, address.BitLen())
		}
		all = append(all, prefix.Masked())
	}
	return all
}
