package standalone

import (
	"fmt"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

// BenchmarkBuild makes the documents of one change among 10,000 services and as many routes: no network, no gateway.
func BenchmarkBuild(b *testing.B) {
	var all []gateway.Resource
	for i := range 10000 {
		id := fmt.Sprint(i)
		all = append(all,
			gateway.Resource{Key: gateway.Key{Kind: gateway.Services, ID: id}, Spec: map[string]any{"upstream_id": "u",
				"plugins": map[string]any{"limit-count": map[string]any{"count": int64(10), "time_window": int64(60)}}}},
			gateway.Resource{Key: gateway.Key{Kind: gateway.Routes, ID: id}, Spec: map[string]any{"uri": "/api/" + id + "/*", "service_id": id}})
	}
	base := &document{versions: versions{"services": 0, "routes": 0}, sections: map[string][]item{}}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			build(b, base, all, 1)
		}
	})
	before := build(b, base, all, 1)
	b.Run("one route", func(b *testing.B) {
		for b.Loop() {
			next := build(b, before, []gateway.Resource{{Key: all[1].Key, Spec: map[string]any{"uri": "/other"}}}, 2)
			if next.versions["services"] != 1 || next.versions["routes"] != 2 {
				b.Fatal(next.versions)
			}
		}
	})
}

func build(b *testing.B, base *document, puts []gateway.Resource, stamp int64) *document {
	b.Helper()
	e, refused := newEdit(puts, nil)
	if err := refused.err(); err != nil {
		b.Fatal(err)
	}
	e.prune(base)
	next, err := e.apply(base, stamp)
	if err != nil || len(next.encode()) == 0 {
		b.Fatal(err)
	}
	return next
}
