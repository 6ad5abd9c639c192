package plan

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// coverage answers which route a request would meet, as the router radixtree_host_uri does: the exact host before a
// wildcard before none, the exact path before the longest prefix, then the highest priority. It is by host and path.
type coverage map[string]map[string][]seat

// seat is a place of a route in the router: one of its matches.
type seat struct {
	match
	form *form
}

// add gives a route its places.
func (c coverage) add(r gateway.Resource, set map[match]bool) { c.seat(&form{route: r}, set) }

func (c coverage) seat(f *form, set map[match]bool) {
	for m := range set {
		if c[m.host] == nil {
			c[m.host] = map[string][]seat{}
		}
		c[m.host][m.uri] = append(c[m.host][m.uri], seat{m, f})
	}
}

// covers reports whether some route answers everything that m stands for.
func (c coverage) covers(m match) bool {
	_, ok := c.find(m)
	return ok
}

// find returns the route that answers m.
func (c coverage) find(m match) (gateway.Resource, bool) {
	for f := range c.ranked(m) {
		return f.route, true
	}
	return gateway.Resource{}, false
}

// ranked gives the forms of routes that take m in, the one that answers it first. One with several such places is given for each.
func (c coverage) ranked(m match) iter.Seq[*form] {
	return func(yield func(*form) bool) {
		for _, host := range widerHosts(m.host) {
			at, any := c[host]
			if !any {
				continue
			}
			for _, uri := range widerURIs(m.uri) {
				for _, f := range takers(at[uri], m) {
					if !yield(f) {
						return
					}
				}
			}
		}
	}
}

// takers are the forms at one host and path whose method and condition let m through, the one that wins first.
func takers(seats []seat, m match) []*form {
	var found []*form
	for _, s := range seats {
		if takesText(s.method, m.method) && takesCondition(s.condition, m.condition) {
			found = append(found, s.form)
		}
	}
	slices.SortStableFunc(found, func(a, b *form) int { return byPriority(b.route, a.route) })
	return found
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
