package plan

import (
	"fmt"
	"maps"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

func routes(n int) gateway.State {
	state := gateway.State{}
	for i := range n {
		key := gateway.Key{Kind: gateway.Routes, ID: fmt.Sprintf("route-%05d", i)}
		state[key] = gateway.Resource{Key: key, Spec: map[string]any{
			"uri": fmt.Sprintf("/service-%d/*", i), "methods": []any{"GET", "POST"},
			"labels":  map[string]any{gateway.ManagedBy: gateway.ManagedBySluice},
			"plugins": map[string]any{"limit-count": map[string]any{"count": int64(100), "time_window": int64(60)}},
		}}
	}
	return state
}

// BenchmarkNew compares a state with itself, and with one in which one or a hundredth of the resources differ.
func BenchmarkNew(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		live := routes(n)
		for name, changed := range map[string]int{"same": 0, "one": 1, "hundredth": n / 100} {
			want := maps.Clone(live)
			for _, key := range want.Keys()[:changed] {
				spec := maps.Clone(want[key].Spec)
				spec["priority"] = int64(1)
				want[key] = gateway.Resource{Key: key, Spec: spec}
			}
			b.Run(fmt.Sprintf("resources=%d/changed=%s", n, name), func(b *testing.B) {
				for b.Loop() {
					if got := len(New(want, live, Policy{}).Changes()); got != changed {
						b.Fatalf("%d changes, want %d", got, changed)
					}
				}
			})
		}
	}
}

// BenchmarkNewServices changes every service and every route on it: what a service loses is looked for among all changes.
func BenchmarkNewServices(b *testing.B) {
	for _, n := range []int{100, 1_000} {
		live, want := gateway.State{}, gateway.State{}
		for i := range n {
			service, route := gateway.Key{Kind: gateway.Services, ID: fmt.Sprint("s", i)}, gateway.Key{Kind: gateway.Routes, ID: fmt.Sprint("r", i)}
			for state, plugin := range map[*gateway.State]string{&live: "key-auth", &want: "cors"} {
				labels := map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
				(*state)[service] = gateway.Resource{Key: service, Spec: map[string]any{
					"labels": labels, "plugins": map[string]any{plugin: map[string]any{}}}}
				(*state)[route] = gateway.Resource{Key: route, Spec: map[string]any{
					"labels": labels, "uri": fmt.Sprint("/", i), "service_id": service.ID, "desc": plugin}}
			}
		}
		b.Run(fmt.Sprintf("services=%d", n), func(b *testing.B) {
			for b.Loop() {
				if New(want, live, Policy{}).Empty() {
					b.Fatal("nothing to change")
				}
			}
		})
	}
}

// BenchmarkNewRoutes looks at plans that move traffic: all routes come, two come to many, and all move from one path to another.
func BenchmarkNewRoutes(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		all := routes(n)
		fewer, moved := maps.Clone(all), gateway.State{}
		for _, key := range all.Keys()[:2] {
			delete(fewer, key)
		}
		for key, r := range all {
			spec := maps.Clone(r.Spec)
			spec["uri"] = "/moved" + spec["uri"].(string)
			moved[key] = gateway.Resource{Key: key, Spec: spec}
		}
		for name, live := range map[string]gateway.State{"all": {}, "two": fewer, "moved": moved} {
			b.Run(fmt.Sprintf("resources=%d/%s", n, name), func(b *testing.B) {
				for b.Loop() {
					if New(all, live, Policy{}).Empty() {
						b.Fatal("nothing to change")
					}
				}
			})
		}
	}
}

// renamed is generation g of n upstreams, services and routes, one of each for a host of its own. Every generation has new upstreams and
// services, and the ids of the routes stand for other paths.
func renamed(n, g int) gateway.State {
	state := gateway.State{}
	put := func(kind gateway.Kind, id string, spec map[string]any) {
		spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		state[gateway.Key{Kind: kind, ID: id}] = gateway.Resource{Key: gateway.Key{Kind: kind, ID: id}, Spec: spec}
	}
	for i := range n {
		name := fmt.Sprint(g, "-", i)
		put(gateway.Upstreams, name, map[string]any{"nodes": map[string]any{"10.0.0.1:80": int64(1)}})
		put(gateway.Services, name, map[string]any{"upstream_id": name, "hosts": []any{fmt.Sprintf("h%d.test", i)}})
		put(gateway.Routes, fmt.Sprint("r", (i+g*7)%n), map[string]any{"uri": fmt.Sprint("/p", i), "service_id": name})
	}
	return state
}

// BenchmarkNewRenamed renames and moves everything at once: the worst that one commit can ask for. The ratio says how much longer one
// resource takes among ten times as many; what looks at every other one comes to ten.
func BenchmarkNewRenamed(b *testing.B) {
	perResource := map[int]float64{}
	for _, n := range []int{1_000, 10_000} {
		live, want := renamed(n, 0), renamed(n, 1)
		b.Run(fmt.Sprintf("services=%d", n), func(b *testing.B) {
			for b.Loop() {
				if New(want, live, Policy{}).Empty() {
					b.Fatal("nothing to change")
				}
			}
			perResource[n] = float64(b.Elapsed()) / float64(b.N*n)
			if before := perResource[n/10]; before > 0 {
				b.ReportMetric(perResource[n]/before, "ratio")
			}
		})
	}
}
