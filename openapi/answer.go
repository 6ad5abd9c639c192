package openapi

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// answerer finds the routes of one service that take a path, whatever its host. What it can't judge (a header, an address, an
// expression that Go has not) counts as taken.
type answerer struct {
	exact    map[string][]*answer
	prefixes map[string][]*answer
	lengths  []int // of the prefixes
	all      []*answer
}

// answer is one route.
type answer struct {
	route   gateway.Resource
	methods []string // all when empty
	vars    []func(path string) bool
	// met are the methods with which an operation leads to the route.
	met map[string]bool
}

// answererOf gathers the routes of a service that are switched on.
func answererOf(state gateway.State, service string) *answerer {
	a := &answerer{exact: map[string][]*answer{}, prefixes: map[string][]*answer{}}
	for _, key := range state.Keys() {
		route := state[key]
		id, _ := route.Spec["service_id"].(string)
		if key.Kind != gateway.Routes || id != service || route.Spec["status"] == int64(0) {
			continue
		}
		one := &answer{route: route, methods: listOf(route.Spec["methods"]), met: map[string]bool{}}
		one.vars = onPath(route.Spec["vars"])
		a.add(one)
	}
	for prefix := range a.prefixes {
		a.lengths = append(a.lengths, len(prefix))
	}
	slices.Sort(a.lengths)
	a.lengths = slices.Compact(a.lengths)
	return a
}

func (a *answerer) add(one *answer) {
	uris := listOf(one.route.Spec["uris"])
	if uri, ok := one.route.Spec["uri"].(string); ok {
		uris = append(uris, uri)
	}
	if len(uris) > 0 {
		a.all = append(a.all, one)
	}
	for _, uri := range uris {
		at := strings.IndexByte(uri, '*')
		if colon := strings.Index(uri, "/:"); colon >= 0 && (at < 0 || colon < at) {
			at = colon + 1
		}
		switch {
		case at < 0:
			a.exact[uri] = append(a.exact[uri], one)
		case uri[at:] == "*":
			a.prefixes[uri[:at]] = append(a.prefixes[uri[:at]], one)
		default:
			whole := *one
			whole.vars = append(slices.Clone(one.vars), uriPattern(uri).MatchString)
			a.prefixes[uri[:at]] = append(a.prefixes[uri[:at]], &whole)
		}
	}
}

var special = regexp.MustCompile(`/:[^/]+|\*`)

// uriPattern is the expression for a uri with parameters, or a star in its middle.
func uriPattern(uri string) *regexp.Regexp {
	var b strings.Builder
	rest := uri
	for _, found := range special.FindAllString(uri, -1) {
		before, after, _ := strings.Cut(rest, found)
		b.WriteString(regexp.QuoteMeta(before))
		if found == "*" {
			b.WriteString(".*")
		} else {
			b.WriteString("/[^/]+")
		}
		rest = after
	}
	return regexp.MustCompile("^" + b.String() + regexp.QuoteMeta(rest) + "$")
}

// takers returns the routes that take a path, whatever the method.
func (a *answerer) takers(path string) []*answer {
	found := slices.Clone(a.exact[path])
	for _, length := range a.lengths {
		if length > len(path) {
			break
		}
		found = append(found, a.prefixes[path[:length]]...)
	}
	return slices.DeleteFunc(found, func(one *answer) bool { return !one.takesPath(path) })
}

func (one *answer) takesPath(path string) bool {
	for _, holds := range one.vars {
		if !holds(path) {
			return false
		}
	}
	return true
}

func (one *answer) takesMethod(method string) bool {
	return len(one.methods) == 0 || slices.Contains(one.methods, method)
}

// onPath returns the conditions on the path alone, of a list of which all have to hold.
func onPath(vars any) []func(string) bool {
	list, _ := vars.([]any)
	var all []func(string) bool
	for _, item := range list {
		condition, _ := item.([]any)
		if len(condition) != 3 || condition[0] != "uri" {
			continue
		}
		operator, _ := condition[1].(string)
		operand, isText := condition[2].(string)
		switch {
		case !isText:
		case operator == "==":
			all = append(all, func(path string) bool { return path == operand })
		case operator == "~~" || operator == "~*":
			if pattern, err := regexp.Compile(map[string]string{"~*": "(?i)"}[operator] + operand); err == nil {
				all = append(all, pattern.MatchString)
			}
		}
	}
	return all
}

// listOf returns the texts of a list.
func listOf(v any) []string {
	list, _ := v.([]any)
	var texts []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
