package embedded

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// router finds the route of a request as radixtree_host_uri does: the exact host first, then the longest wildcard, then the
// routes without a host; inside, the exact path, then the longest prefix; inside one path, priority, then who came first.
// What does not match by method, address or variables falls through to the next candidate. It is read-only once built.
type router struct {
	version  uint64
	hosts    map[string]*paths
	wildcard []wildcardHost // the longest first
	any      *paths
}

type wildcardHost struct {
	suffix string // ".example.com"; "" for "*"
	paths  *paths
}

type paths struct {
	exact    map[string][]candidate
	prefixes map[string][]candidate
	lengths  []int // of the prefixes, the longest first
}

type candidate struct {
	route   *route
	pattern *regexp.Regexp // what follows a star in the middle; nil for none
}

func newPaths() *paths {
	return &paths{exact: map[string][]candidate{}, prefixes: map[string][]candidate{}}
}

// newRouter builds a router of routes in order of arrival. HostsOf says under which hosts a route stands.
func newRouter(version uint64, routes []*route, hostsOf func(*route) []string) *router {
	r := &router{version: version, hosts: map[string]*paths{}, any: newPaths()}
	wild := map[string]*paths{}
	for _, route := range routes {
		if !route.enabled {
			continue
		}
		hosts := hostsOf(route)
		if len(hosts) == 0 {
			r.any.add(route)
		}
		for _, host := range hosts {
			if suffix, ok := strings.CutPrefix(host, "*"); ok {
				bucket(wild, suffix).add(route)
			} else {
				bucket(r.hosts, host).add(route)
			}
		}
	}
	for suffix, paths := range wild {
		r.wildcard = append(r.wildcard, wildcardHost{suffix, paths})
	}
	slices.SortFunc(r.wildcard, func(a, b wildcardHost) int { return cmp.Compare(len(b.suffix), len(a.suffix)) })
	r.sort()
	return r
}

func bucket(m map[string]*paths, host string) *paths {
	p, ok := m[host]
	if !ok {
		p = newPaths()
		m[host] = p
	}
	return p
}

func (p *paths) add(route *route) {
	for _, uri := range route.uris {
		star := strings.IndexByte(uri, '*')
		if star < 0 {
			p.exact[uri] = append(p.exact[uri], candidate{route: route})
			continue
		}
		p.prefixes[uri[:star]] = append(p.prefixes[uri[:star]], candidate{route, uriPattern(uri)})
	}
}

func (r *router) sort() {
	r.any.sort()
	for _, p := range r.hosts {
		p.sort()
	}
	for _, w := range r.wildcard {
		w.paths.sort()
	}
}

func (p *paths) sort() {
	byPriority := func(a, b candidate) int { return cmp.Compare(b.route.priority, a.route.priority) }
	for _, list := range p.exact {
		slices.SortStableFunc(list, byPriority)
	}
	for prefix, list := range p.prefixes {
		slices.SortStableFunc(list, byPriority)
		p.lengths = append(p.lengths, len(prefix))
	}
	slices.SortFunc(p.lengths, func(a, b int) int { return b - a })
	p.lengths = slices.Compact(p.lengths)
}

// find returns the route for the request, nil when there is none. Host is in lower case and without a port.
func (r *router) find(host, path string, x *exchange) *route {
	if p, ok := r.hosts[host]; ok {
		if route := p.find(path, x); route != nil {
			return route
		}
	}
	for _, w := range r.wildcard {
		if !strings.HasSuffix(host, w.suffix) {
			continue
		}
		if route := w.paths.find(path, x); route != nil {
			return route
		}
	}
	return r.any.find(path, x)
}

func (p *paths) find(path string, x *exchange) *route {
	if route := first(p.exact[path], path, x); route != nil {
		return route
	}
	for _, length := range p.lengths {
		if length > len(path) {
			continue
		}
		if route := first(p.prefixes[path[:length]], path, x); route != nil {
			return route
		}
	}
	return nil
}

func first(list []candidate, path string, x *exchange) *route {
	for _, c := range list {
		if (c.pattern == nil || c.pattern.MatchString(path)) && c.route.matches(x) {
			return c.route
		}
	}
	return nil
}
