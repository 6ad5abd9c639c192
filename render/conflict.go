package render

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// seat is what decides which requests a route takes, but for the methods. Among routes that share one at the same priority
// the gateway picks by chance.
type seat struct {
	host, uri, remote, vars string
	priority                int64
}

// anyMethod stands for a route that takes all methods.
const anyMethod = "*"

// conflicts reports routes that take the same requests at equal priority.
func (j *job) conflicts() {
	taken := map[seat]map[string]gateway.Key{}
	for _, key := range j.state.Keys() {
		if key.Kind != gateway.Routes {
			continue
		}
		route := j.state[key]
		if other, found := j.sit(taken, route); found {
			j.faults.Add(conflict(route, j.state[other]))
		}
	}
}

func conflict(route, other gateway.Resource) diag.Diagnostic {
	return diag.Errorf(uriPlace(route), "route-conflict", "%s takes the same requests as %s", route.Key, other.Key).
		WithHint("give one of them a higher priority, or other hosts, paths, methods or vars").
		WithAlso(uriPlace(other), "the other is at")
}

func uriPlace(route gateway.Resource) diag.Pos {
	for _, name := range []string{"uri", "uris"} {
		if _, ok := route.Spec[name]; ok {
			return route.Origin.Place(gateway.Path{gateway.Field(name)})
		}
	}
	return route.Origin.Pos
}

// sit puts a route on its seats, and returns the first route that has one of them already.
func (j *job) sit(taken map[seat]map[string]gateway.Key, route gateway.Resource) (gateway.Key, bool) {
	if route.Spec["status"] == int64(0) {
		return gateway.Key{}, false
	}
	methods := texts(route.Spec, "", "methods")
	if len(methods) == 0 {
		methods = []string{anyMethod}
	}
	for _, s := range j.seats(route) {
		byMethod := taken[s]
		if other, found := meets(byMethod, methods); found {
			return other, true
		}
		if byMethod == nil {
			byMethod = make(map[string]gateway.Key, len(methods))
			taken[s] = byMethod
		}
		for _, method := range methods {
			byMethod[method] = route.Key
		}
	}
	return gateway.Key{}, false
}

func meets(byMethod map[string]gateway.Key, methods []string) (gateway.Key, bool) {
	if len(byMethod) == 0 {
		return gateway.Key{}, false
	}
	if other, all := byMethod[anyMethod]; all {
		return other, true
	}
	var first gateway.Key
	found := false
	for method, other := range byMethod {
		meets := methods[0] == anyMethod || slices.Contains(methods, method)
		if meets && (!found || other.Compare(first) < 0) {
			first, found = other, true
		}
	}
	return first, found
}

// seats returns every seat of a route: one for each host, path and remote address.
func (j *job) seats(route gateway.Resource) []seat {
	priority, _ := route.Spec["priority"].(int64)
	base := seat{priority: priority, vars: matcher(route.Spec)}
	var seats []seat
	for _, host := range orAny(j.hosts(route)) {
		for _, uri := range texts(route.Spec, "uri", "uris") {
			for _, remote := range orAny(texts(route.Spec, "remote_addr", "remote_addrs")) {
				base.host, base.uri, base.remote = strings.ToLower(host), uri, remote
				seats = append(seats, base)
			}
		}
	}
	return seats
}

func orAny(list []string) []string {
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

// hosts returns the hosts of a route, or those of its service.
func (j *job) hosts(route gateway.Resource) []string {
	if own := texts(route.Spec, "host", "hosts"); len(own) > 0 {
		return own
	}
	for _, ref := range j.refs[route.Key] {
		if ref.To.Kind == gateway.Services && len(ref.Path) == 1 {
			return texts(j.state[ref.To].Spec, "host", "hosts")
		}
	}
	return nil
}

// matcher returns what else tells requests apart, in canonical bytes.
func matcher(spec map[string]any) string {
	var b []byte
	for _, name := range []string{"vars", "filter_func"} {
		value, ok := spec[name]
		if list, isList := value.([]any); !ok || (isList && len(list) == 0) {
			continue
		}
		b = append(append(b, name...), '=')
		b = gateway.AppendCanonical(b, value)
	}
	return string(b)
}

// texts returns what stands under the singular or the plural of a field.
func texts(spec map[string]any, one, many string) []string {
	var all []string
	if text, ok := spec[one].(string); ok {
		all = append(all, text)
	}
	list, _ := spec[many].([]any)
	for _, item := range list {
		if text, ok := item.(string); ok {
			all = append(all, text)
		}
	}
	return all
}
