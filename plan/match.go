package plan

import (
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// match is one pair of host and path that a route answers. An empty host is every host.
type match struct{ host, uri string }

// matches returns what a route answers within a state: its own hosts, or those of its service. A route that is switched off
// answers nothing, and so does a stream route.
func matches(state gateway.State, r gateway.Resource) map[match]bool {
	set := map[match]bool{}
	if r.Key.Kind != gateway.Routes || gateway.Equal(r.Spec["status"], int64(0)) {
		return set
	}
	for _, host := range hosts(state, r) {
		for _, uri := range texts(r.Spec, "uri", "uris") {
			set[match{strings.ToLower(host), uri}] = true
		}
	}
	return set
}

func hosts(state gateway.State, r gateway.Resource) []string {
	if own := texts(r.Spec, "host", "hosts"); len(own) > 0 {
		return own
	}
	if service, ok := state[gateway.Key{Kind: gateway.Services, ID: gateway.Show(r.Spec["service_id"])}]; ok {
		if inherited := texts(service.Spec, "host", "hosts"); len(inherited) > 0 {
			return inherited
		}
	}
	return []string{""}
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

// movesMatch reports whether an updated route stops answering something: what takes its place must be there before.
func (d *diff) movesMatch(c Change) bool { return len(d.lost(c.Key)) > 0 }

// lost returns the matches that a route answers now and will not answer any more, by its own change or by its service's.
func (d *diff) lost(key gateway.Key) map[match]bool {
	return minus(matches(d.live, d.live[key]), matches(d.desired, d.desired[key]))
}

func (d *diff) gained(key gateway.Key) map[match]bool {
	return minus(matches(d.desired, d.desired[key]), matches(d.live, d.live[key]))
}

func minus(a, b map[match]bool) map[match]bool {
	rest := map[match]bool{}
	for m := range a {
		if !b[m] {
			rest[m] = true
		}
	}
	return rest
}
