package render

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// claim is what a route asks of a request beyond its host and path.
type claim struct {
	route   gateway.Resource
	order   int // on its bench
	methods []string
	remotes []netip.Prefix
	vars    []condition
	filter  string // the text of filter_func
	// facets are the questions that the claim has few answers to, by which others are found that share one.
	facets map[string][]string
}

func claimOf(route gateway.Resource) *claim {
	c := &claim{route: route, methods: texts(route.Spec, "", "methods"), facets: map[string][]string{}}
	c.filter, _ = route.Spec["filter_func"].(string)
	c.remotes = prefixes(texts(route.Spec, "remote_addr", "remote_addrs"))
	c.vars = conditions(route.Spec["vars"])
	if len(c.methods) > 0 {
		c.facets["methods"] = c.methods
	}
	var single []string
	for _, prefix := range c.remotes {
		if prefix.IsSingleIP() {
			single = append(single, prefix.String())
		}
	}
	if len(single) > 0 && len(single) == len(c.remotes) {
		c.facets["remote"] = single
	}
	for _, condition := range c.vars {
		if condition.op == "==" || condition.op == "in" {
			c.facets["var "+condition.name] = plainNumbers(condition.values)
		}
	}
	return c
}

// plainNumbers spells equal numbers alike.
func plainNumbers(values []string) []string {
	plain := slices.Clone(values)
	for i, value := range plain {
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			plain[i] = strconv.FormatFloat(n, 'g', -1, 64)
		}
	}
	return plain
}

// prefixes reads addresses and ranges. One that can't be read makes all of them any: nothing is proven then.
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

// overlaps reports whether some request may meet both claims. It is false only where that is proven.
func (c *claim) overlaps(other *claim) bool {
	switch {
	case len(c.methods) > 0 && len(other.methods) > 0 && !shares(c.methods, other.methods):
		return false
	case len(c.remotes) > 0 && len(other.remotes) > 0 && !c.remotesMeet(other):
		return false
	case c.filter != "" && other.filter != "" && c.filter != other.filter:
		return false // two functions that someone wrote to tell requests apart
	}
	return !exclusive(c.vars, other.vars)
}

func (c *claim) remotesMeet(other *claim) bool {
	return slices.ContainsFunc(c.remotes, func(prefix netip.Prefix) bool {
		return slices.ContainsFunc(other.remotes, prefix.Overlaps)
	})
}

func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(text string) bool { return slices.Contains(b, text) })
}
