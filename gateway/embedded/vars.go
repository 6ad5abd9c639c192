package embedded

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// condition is a compiled expression of "vars": it says yes or no to a request by its variables.
type condition func(variable func(string) string) bool

// parseVars compiles a list of [variable, operator, value]: all must hold, or what a leading "OR", "!AND" or "!OR" says.
// No list holds always.
func parseVars(list []any) (condition, error) {
	all, negate, rules := true, false, list
	if len(list) > 0 {
		if word, ok := list[0].(string); ok {
			word = strings.ToUpper(word)
			if word, negate = strings.CutPrefix(word, "!"); word != "OR" && word != "AND" {
				return nil, fmt.Errorf("invalid operator '%s'", word)
			}
			all, rules = word == "AND", list[1:]
		}
	}
	parts := make([]condition, 0, len(rules))
	for _, rule := range rules {
		part, err := parseRule(rule)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return combine(parts, all, negate), nil
}

func combine(parts []condition, all, negate bool) condition {
	return func(variable func(string) string) bool {
		differs := func(part condition) bool { return part(variable) != all }
		holds := all
		if slices.ContainsFunc(parts, differs) {
			holds = !all
		}
		return holds != negate
	}
}

func parseRule(rule any) (condition, error) {
	list, ok := rule.([]any)
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("rule should be wrapped inside brackets")
	}
	name, ok := list[0].(string)
	if !ok || isCombiner(name) {
		return parseVars(list)
	}
	rest, negate := list[1:], false
	if len(rest) > 0 && rest[0] == "!" {
		rest, negate = rest[1:], true
	}
	if len(rest) == 0 {
		return nil, fmt.Errorf("rule too short")
	}
	operator, _ := rest[0].(string)
	var value any
	if len(rest) > 1 {
		value = rest[1]
	}
	holds, err := parseOperator(operator, value)
	if err != nil {
		return nil, err
	}
	return func(variable func(string) string) bool { return holds(variable(name)) != negate }, nil
}

func isCombiner(word string) bool {
	return slices.Contains([]string{"OR", "AND", "!OR", "!AND"}, strings.ToUpper(word))
}

func parseOperator(operator string, value any) (func(string) bool, error) {
	text := luaText(value)
	switch strings.ToLower(operator) {
	case "==":
		return func(have string) bool { return have == text }, nil
	case "~=":
		return func(have string) bool { return have != text }, nil
	case ">", "<", ">=", "<=":
		return compare(operator, text), nil
	case "~~", "~*":
		return parseRegex(operator, text)
	case "in":
		return func(have string) bool { return slices.Contains(luaTexts(value), have) }, nil
	case "has":
		return func(have string) bool { return slices.Contains(strings.Split(have, ","), text) }, nil
	case "ipmatch":
		return parseAddresses(luaTexts(value))
	}
	return nil, fmt.Errorf("invalid operator '%s'", operator)
}

func luaTexts(v any) []string {
	list, _ := v.([]any)
	out := make([]string, len(list))
	for i, item := range list {
		out[i] = luaText(item)
	}
	return out
}

// compare compares numbers as numbers; what is none holds never.
func compare(operator, text string) func(string) bool {
	return func(have string) bool {
		a, errA := strconv.ParseFloat(have, 64)
		b, errB := strconv.ParseFloat(text, 64)
		if errA != nil || errB != nil {
			return false
		}
		switch operator {
		case ">":
			return a > b
		case "<":
			return a < b
		case ">=":
			return a >= b
		}
		return a <= b
	}
}

func parseRegex(operator, text string) (func(string) bool, error) {
	if operator == "~*" {
		text = "(?i)" + text
	}
	expression, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return expression.MatchString, nil
}

func parseAddresses(list []string) (func(string) bool, error) {
	prefixes, err := prefixesOf(list)
	if err != nil {
		return nil, err
	}
	return func(have string) bool { return within(prefixes, have) }, nil
}

// prefixesOf reads addresses and address ranges.
func prefixesOf(list []string) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(list))
	for _, text := range list {
		if address, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("invalid ip address: %s", text)
		}
		out = append(out, prefix)
	}
	return out, nil
}

func within(prefixes []netip.Prefix, text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(address.Unmap()) })
}
