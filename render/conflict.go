package render

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// conflicts reports what only several resources together do wrong: none is at fault alone. Keys are the suspects, in order.
func conflicts(state gateway.State, keys []gateway.Key, set *schema.Set) diag.List {
	return slices.Concat(routeConflicts(state, keys), streamConflicts(state, keys), nameConflicts(state, keys), authConflicts(state, keys),
		globalConflicts(state, keys, set), unanswered(state, keys), emptyUpstreams(state, keys))
}

// seat is where the gateway looks for a route: the bucket of a host, then the path. Of the routes of one seat it tries those
// of higher priority first, and those of equal priority in an order that differs between its workers.
type seat struct {
	host, uri string
	priority  int64
}

// routeConflicts reports routes that take the same requests at equal priority.
func routeConflicts(state gateway.State, keys []gateway.Key) diag.List {
	h := hall{benches: map[seat]*bench{}}
	for _, key := range keys {
		if route := state[key]; key.Kind == gateway.Routes && !switchedOff(route) {
			h.place(claimOf(state, route), seats(state, route))
		}
	}
	h.confess()
	return h.faults
}

func switchedOff(r gateway.Resource) bool { return r.Spec["status"] == int64(0) }

func routeConflict(route, other gateway.Resource) diag.Diagnostic {
	return diag.Errorf(uriPlace(route), "route-conflict", "%s takes the same requests as %s", route.Key, other.Key).
		WithHint("give one of them a higher priority, or other hosts, paths, methods or vars").
		WithAlso(uriPlace(other), "the other is at")
}

// routeOverlap is what is said of two routes that can't be told apart for certain.
func routeOverlap(route, other gateway.Resource) diag.Diagnostic {
	return diag.Warningf(uriPlace(route), "route-overlap", "%s may take requests that %s takes as well", route.Key, other.Key).
		WithHint("if some request meets both, give one of them a higher priority").
		WithAlso(uriPlace(other), "the other is at")
}

func uriPlace(route gateway.Resource) diag.Pos {
	for _, name := range []string{"uri", "uris"} {
		if _, ok := route.Spec[name]; ok {
			return route.Origin.Place(gateway.Path{gateway.Field(name)})
		}
	}
	return route.Origin.Place(nil)
}

// seats returns every seat of a route, each once: one for each host and path.
func seats(state gateway.State, route gateway.Resource) []seat {
	priority, _ := route.Spec["priority"].(int64)
	var seats []seat
	for _, host := range orAny(hostsOf(state, route)) {
		for _, uri := range pathsOf(state, route) {
			seats = append(seats, seat{strings.ToLower(host), alike(uri), priority})
		}
	}
	slices.SortFunc(seats, func(a, b seat) int { return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.uri, b.uri)) })
	return slices.Compact(seats)
}

// pathsOf returns the paths of a route behind the prefix of its service.
func pathsOf(state gateway.State, route gateway.Resource) []string {
	prefix, _ := serviceOf(state, route).Spec["path_prefix"].(string)
	paths := texts(route.Spec, "uri", "uris")
	for i := range paths {
		paths[i] = strings.TrimSuffix(prefix, "/") + paths[i]
	}
	return paths
}

var parameter = regexp.MustCompile(`/:[^/]+`)

// alike spells paths alike that differ in the names of their parameters only.
func alike(uri string) string {
	if !strings.Contains(uri, "/:") {
		return uri
	}
	return parameter.ReplaceAllLiteralString(uri, "/:")
}

// orAny returns the list, or the one entry that stands for a route without: it has a bucket of its own.
func orAny(list []string) []string {
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

// hostsOf returns the hosts of a route, or those of its service.
func hostsOf(state gateway.State, route gateway.Resource) []string {
	if own := texts(route.Spec, "host", "hosts"); len(own) > 0 {
		return own
	}
	return texts(serviceOf(state, route).Spec, "", "hosts")
}

// serviceOf returns the service of a route; one without a body when it has none.
func serviceOf(state gateway.State, route gateway.Resource) gateway.Resource {
	return state[named(gateway.Services, route.Spec["service_id"])]
}

// named is the key that a reference stands for: the gateway takes numbers as ids, too.
func named(kind gateway.Kind, id any) gateway.Key {
	text, ok := id.(string)
	if !ok && id != nil {
		text = compact(id)
	}
	return gateway.Key{Kind: kind, ID: text}
}

// texts returns what stands under the singular or the plural of a field.
func texts(spec map[string]any, one, many string) []string {
	var all []string
	for _, found := range placedTexts(spec, one, many) {
		all = append(all, found.text)
	}
	return all
}

// placedText is a text and its place in a resource.
type placedText struct {
	text string
	at   gateway.Path
}

func placedTexts(spec map[string]any, one, many string) []placedText {
	var all []placedText
	if text, ok := spec[one].(string); ok {
		all = append(all, placedText{text, gateway.Path{gateway.Field(one)}})
	}
	list, _ := spec[many].([]any)
	for i, item := range list {
		if text, ok := item.(string); ok {
			all = append(all, placedText{text, gateway.Path{gateway.Field(many), gateway.Item(i)}})
		}
	}
	return all
}
