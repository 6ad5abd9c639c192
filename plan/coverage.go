package plan

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// coverage answers which route a request would meet, as the router radixtree_host_uri does: the exact host before a
// wildcard before none, the exact path before the longest prefix, then the highest priority.
type coverage map[match][]gateway.Resource

func (c coverage) add(r gateway.Resource, set map[match]bool) {
	for m := range set {
		c[m] = append(c[m], r)
	}
}

// covers reports whether some route answers everything that m stands for.
func (c coverage) covers(m match) bool {
	_, ok := c.find(m)
	return ok
}

// find returns the route that answers m.
func (c coverage) find(m match) (gateway.Resource, bool) {
	for r := range c.ranked(m) {
		return r, true
	}
	return gateway.Resource{}, false
}

// ranked gives the routes that take m in, the one that answers it first.
func (c coverage) ranked(m match) iter.Seq[gateway.Resource] {
	return func(yield func(gateway.Resource) bool) {
		for _, host := range widerHosts(m.host) {
			for _, uri := range widerURIs(m.uri) {
				found := c.at(host, uri, m)
				slices.SortFunc(found, func(a, b gateway.Resource) int { return byPriority(b, a) })
				for _, r := range found {
					if !yield(r) {
						return
					}
				}
			}
		}
	}
}

// has reports whether a route takes m in.
func (c coverage) has(m match, key gateway.Key) bool {
	for r := range c.ranked(m) {
		if r.Key == key {
			return true
		}
	}
	return false
}

// at gathers the routes at one host and path whose method and condition let m through.
func (c coverage) at(host, uri string, m match) []gateway.Resource {
	found := c[match{host, uri, m.method, m.condition}]
	if m.method != "" {
		found = append(found, c[match{host, uri, "", m.condition}]...)
	}
	if m.condition != "" {
		found = append(found, c[match{host, uri, m.method, ""}]...)
	}
	if m.method != "" && m.condition != "" {
		found = append(found, c[match{host, uri, "", ""}]...)
	}
	return slices.Clone(found)
}

// byPriority puts the route that wins last: the higher priority, then the id that sorts first.
func byPriority(a, b gateway.Resource) int {
	return cmp.Or(cmp.Compare(priority(a), priority(b)), cmp.Compare(b.Key.ID, a.Key.ID))
}

func priority(r gateway.Resource) int64 {
	p, _ := r.Spec["priority"].(int64)
	return p
}

// widerHosts lists the host patterns that take a host in, the narrowest first.
func widerHosts(host string) []string {
	list := []string{host}
	for rest := strings.TrimPrefix(host, "*"); rest != ""; {
		dot := strings.IndexByte(rest[1:], '.')
		if dot < 0 {
			break
		}
		rest = rest[1+dot:]
		list = append(list, "*"+rest)
	}
	if host != "" {
		list = append(list, "")
	}
	return list
}

// widerURIs lists the path patterns that take a path in, the narrowest first.
func widerURIs(uri string) []string {
	list := []string{uri}
	for end := len(strings.TrimSuffix(uri, "*")); end >= 0; end-- {
		if wider := uri[:end] + "*"; wider != uri {
			list = append(list, wider)
		}
	}
	return list
}
