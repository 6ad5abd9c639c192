package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// reach is a part of the requests that a route answers: one host, path and method, under terms.
type reach struct {
	match // without its condition, which terms say better
	terms terms
	route gateway.Resource
}

// text is a reach as people write it: "GET shop.example/users/*".
func (r reach) text() string { return strings.TrimSpace(r.method + " " + r.host + r.uri) }

// reaches are those of one route within a state, sorted.
func reaches(state gateway.State, r gateway.Resource) []reach {
	t := termsOf(r)
	var list []reach
	for m := range matches(state, r) {
		m.condition = ""
		list = append(list, reach{m, t, r})
	}
	slices.SortFunc(list, func(a, b reach) int { return a.compare(b.match) })
	return list
}

// answers finds the route of a state that takes requests, by host and path.
type answers map[match][]reach

// seats are the hosts and paths at which somebody may take requests; nil stands for all.
type seats map[match]bool

// fewReaches is the most reaches for which it is cheaper to say where to look than to look at everything.
const fewReaches = 200

// seatsOf lists where the routes stand that can take any of these.
func seatsOf(list []reach) seats {
	if len(list) > fewReaches {
		return nil
	}
	all := seats{}
	for _, one := range list {
		for _, host := range widerHosts(one.host) {
			for _, uri := range widerURIs(one.uri) {
				all[match{host: host, uri: uri}] = true
			}
		}
	}
	return all
}

// holds reports whether a route stands at one of the seats.
func (s seats) holds(state gateway.State, r gateway.Resource) bool {
	if s == nil {
		return true
	}
	uris := texts(r.Spec, "uri", "uris")
	for _, host := range hosts(state, r) {
		host = strings.ToLower(host)
		if slices.ContainsFunc(uris, func(uri string) bool { return s[match{host: host, uri: uri}] }) {
			return true
		}
	}
	return false
}

func newAnswers(state gateway.State, at seats) answers {
	a := answers{}
	for _, r := range state {
		if r.Key.Kind != gateway.Routes || !at.holds(state, r) {
			continue
		}
		for _, one := range reaches(state, r) {
			seat := match{host: one.host, uri: one.uri}
			a[seat] = append(a[seat], one)
		}
	}
	for _, list := range a {
		slices.SortFunc(list, func(x, y reach) int {
			return cmp.Or(cmp.Compare(priority(y.route), priority(x.route)), cmp.Compare(y.terms.count(), x.terms.count()),
				x.route.Key.Compare(y.route.Key), x.compare(y.match))
		})
	}
	return a
}

// find returns what is asked first for the requests of a reach and takes all of them, if the terms matter; else all but for its
// own terms.
func (a answers) find(r reach, strict bool) (reach, bool) {
	for _, host := range widerHosts(r.host) {
		for _, uri := range widerURIs(r.uri) {
			for _, other := range a[match{host: host, uri: uri}] {
				if takesText(other.method, r.method) && (!strict || other.terms.admits(r.terms)) {
					return other, true
				}
			}
		}
	}
	return reach{}, false
}
