package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// match is one combination of host, path, method and condition that a route answers. An empty host, method or condition means
// any; a host may begin with "*", a path may end with it.
type match struct{ host, uri, method, condition string }

func (m match) compare(n match) int {
	return cmp.Or(cmp.Compare(m.host, n.host), cmp.Compare(m.uri, n.uri), cmp.Compare(m.method, n.method), cmp.Compare(m.condition, n.condition))
}

// matches returns what a route answers within a state: its own hosts, or those of its service. A route that is switched off
// answers nothing, and so does a stream route.
func matches(state gateway.State, r gateway.Resource) map[match]bool {
	set := map[match]bool{}
	if r.Key.Kind != gateway.Routes || gateway.Equal(r.Spec["status"], int64(0)) {
		return set
	}
	condition, prefix := conditionOf(r), prefixOf(state, r)
	for _, host := range hosts(state, r) {
		for _, uri := range texts(r.Spec, "uri", "uris") {
			uri = prefix + uri
			for _, method := range methods(r) {
				set[match{strings.ToLower(host), uri, method, condition}] = true
			}
		}
	}
	return set
}

func hosts(state gateway.State, r gateway.Resource) []string {
	if own := texts(r.Spec, "host", "hosts"); len(own) > 0 {
		return own
	}
	if service, ok := state[serviceOf(r)]; ok {
		if inherited := texts(service.Spec, "host", "hosts"); len(inherited) > 0 {
			return inherited
		}
	}
	return []string{""}
}

// serviceOf is the service that a route is on; one that does not exist when it is on none.
func serviceOf(r gateway.Resource) gateway.Key {
	return gateway.Key{Kind: gateway.Services, ID: gateway.Show(r.Spec["service_id"])}
}

// prefixOf is what stands before the paths of a route: what its service says, or a bridge itself, which has none.
func prefixOf(state gateway.State, r gateway.Resource) string {
	prefix, own := r.Spec["path_prefix"].(string)
	if !own {
		prefix, _ = state[serviceOf(r)].Spec["path_prefix"].(string)
	}
	return strings.TrimSuffix(prefix, "/")
}

func methods(r gateway.Resource) []string {
	if list := texts(r.Spec, "", "methods"); len(list) > 0 {
		return list
	}
	return []string{""}
}

// conditionOf is what else a request must be like, as one text that only tells conditions apart.
func conditionOf(r gateway.Resource) string {
	var condition []byte
	for _, field := range []string{"vars", "remote_addr", "remote_addrs", "filter_func"} {
		if value, ok := r.Spec[field]; ok {
			condition = gateway.AppendCanonical(append(condition, field...), value)
		}
	}
	return string(condition)
}

// texts reads a field that has a singular and a plural form.
func texts(spec map[string]any, one, many string) []string {
	var list []string
	if text, ok := spec[one].(string); ok {
		list = append(list, text)
	}
	items, _ := spec[many].([]any)
	for _, item := range items {
		if text, ok := item.(string); ok {
			list = append(list, text)
		}
	}
	return list
}

// both returns the matches that either set has and the other takes in.
func both(a, b map[match]bool) map[match]bool {
	if maps.Equal(a, b) {
		return a
	}
	shared := map[match]bool{}
	for m := range a {
		for n := range b {
			if n.takesIn(m) {
				shared[m] = true
			}
			if m.takesIn(n) {
				shared[n] = true
			}
		}
	}
	return shared
}

// and returns what both m and n answer, if there is anything.
func (m match) and(n match) (match, bool) {
	host, hostOK := narrower(m.host, n.host, takesHost)
	uri, uriOK := narrower(m.uri, n.uri, takesURI)
	method, methodOK := narrower(m.method, n.method, takesText)
	condition, conditionOK := narrower(m.condition, n.condition, takesCondition)
	return match{host, uri, method, condition}, hostOK && uriOK && methodOK && conditionOK
}

// meets returns what a request is like that both m and n answer, if there may be one: two conditions may be met at once.
func (m match) meets(n match) (match, bool) {
	conditions := bothConditions(m.condition, n.condition)
	m.condition, n.condition = "", ""
	both, ok := m.and(n)
	both.condition = conditions
	return both, ok
}

// takesIn reports whether m answers everything that n stands for.
func (m match) takesIn(n match) bool {
	return takesHost(m.host, n.host) && takesURI(m.uri, n.uri) && takesText(m.method, n.method) &&
		takesCondition(m.condition, n.condition)
}

// outranks reports whether m is asked before n for a request that both take, whatever their priorities: hosts count before paths.
func (m match) outranks(n match) bool {
	if m.host != n.host {
		return takesHost(n.host, m.host)
	}
	return m.uri != n.uri && takesURI(n.uri, m.uri)
}

// narrower returns the one of two patterns that the other takes in.
func narrower(a, b string, takes func(wide, narrow string) bool) (string, bool) {
	switch {
	case takes(b, a):
		return a, true
	case takes(a, b):
		return b, true
	}
	return "", false
}

func takesText(wide, narrow string) bool { return wide == "" || wide == narrow }

// takesCondition reports whether all that wide asks of a request is asked by narrow.
func takesCondition(wide, narrow string) bool {
	if takesText(wide, narrow) {
		return true
	}
	asked := strings.Split(narrow, also)
	for _, condition := range strings.Split(wide, also) {
		if !slices.Contains(asked, condition) {
			return false
		}
	}
	return true
}

// also joins conditions that a request meets at once. No condition contains it: they are canonical JSON.
const also = "\x00"

// bothConditions is what a request meets that meets two conditions: each may say anything.
func bothConditions(a, b string) string {
	if takesCondition(a, b) {
		return b
	}
	if takesCondition(b, a) {
		return a
	}
	all := slices.Concat(strings.Split(a, also), strings.Split(b, also))
	slices.Sort(all)
	return strings.Join(slices.Compact(all), also)
}

func takesHost(wide, narrow string) bool {
	if wide == "" || wide == narrow {
		return true
	}
	suffix, wildcard := strings.CutPrefix(wide, "*")
	return wildcard && strings.HasSuffix(strings.TrimPrefix(narrow, "*"), suffix)
}

func takesURI(wide, narrow string) bool {
	if wide == narrow {
		return true
	}
	prefix, open := strings.CutSuffix(wide, "*")
	return open && strings.HasPrefix(strings.TrimSuffix(narrow, "*"), prefix)
}
