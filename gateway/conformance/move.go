package conformance

import "github.com/sluice-gitops/sluice/gateway"

// move is a change that traffic must not notice.
type move struct {
	name string
	// states gives what is before and after, for two backends as host:port.
	states func(a, b string) (before, after gateway.State)
	// expect says which backends may answer a path, as "a", "b" or "ab".
	expect map[string]string
}

const trafficPath = "/" + Prefix + "traffic/"

// moves are the changes under traffic.
func moves() []move {
	one, two := trafficPath+"one", trafficPath+"two"
	return []move{
		{"everything is renamed", func(a, _ string) (before, after gateway.State) {
			return chain("old", one, a), chain("new", one, a)
		}, map[string]string{one: "a"}},
		{"two routes swap their paths", func(a, b string) (before, after gateway.State) {
			return both(chain("left", one, a), chain("right", two, b)), both(chain("left", two, a), chain("right", one, b))
		}, map[string]string{one: "ab", two: "ab"}},
		{"a route moves to another upstream", func(a, b string) (before, after gateway.State) {
			return both(chain("route", one, a)), moved("route", one, b)
		}, map[string]string{one: "ab"}},
		{"a node is replaced", func(a, b string) (before, after gateway.State) {
			return chain("node", one, a), chain("node", one, b)
		}, map[string]string{one: "ab"}},
	}
}

// chain is a route on a service on an upstream with one node, all of one name.
func chain(name, path, node string) gateway.State {
	return stateOf(
		resource(gateway.Upstreams, Prefix+name, object{"nodes": object{node: int64(1)}}),
		resource(gateway.Services, Prefix+name, object{"upstream_id": Prefix + name}),
		resource(gateway.Routes, Prefix+name, object{"uri": path, "service_id": Prefix + name}),
	)
}

// moved is chain with another upstream.
func moved(name, path, node string) gateway.State {
	return stateOf(
		resource(gateway.Upstreams, Prefix+name+"2", object{"nodes": object{node: int64(1)}}),
		resource(gateway.Services, Prefix+name, object{"upstream_id": Prefix + name + "2"}),
		resource(gateway.Routes, Prefix+name, object{"uri": path, "service_id": Prefix + name}),
	)
}

func both(states ...gateway.State) gateway.State {
	all := gateway.State{}
	for _, state := range states {
		for key, r := range state {
			all[key] = r
		}
	}
	return all
}
