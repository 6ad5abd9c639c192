package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestManyRangesAreBounded gives one path more ranges than are compared each with each: what was left out is said.
func TestManyRangesAreBounded(t *testing.T) {
	state := gateway.State{}
	add := func(id string, spec map[string]any) {
		key := gateway.Key{Kind: gateway.Routes, ID: id}
		state[key] = gateway.Resource{Key: key, Spec: spec, Origin: &gateway.Origin{}}
	}
	for i := range 5000 {
		vars := []any{[]any{"arg_n", ">=", int64(i)}, []any{"arg_n", "<", int64(i + 1)}}
		add(fmt.Sprintf("r%05d", i), map[string]any{"uri": "/x", "vars": vars})
	}
	add("zz", map[string]any{"uri": "/y"})
	add("zzz", map[string]any{"uri": "/y"})
	found := routeConflicts(state, state.Keys())
	if len(found) != 2 || found[0].Code != "route-conflict" || found[1].Code != "routes-not-compared" {
		t.Fatalf("found %v, want the conflict on /y and what was left out", found)
	}
	if !strings.Contains(found[1].What, "more routes were not compared") {
		t.Errorf("said %q", found[1].What)
	}
}

// TestPrefixOfTheServiceCounts holds routes of services on one host: the prefixes of the services tell them apart.
func TestPrefixOfTheServiceCounts(t *testing.T) {
	for name, tt := range map[string]struct {
		first, second string
		want          int
	}{
		"other prefixes": {"/a", "/b", 0},
		"one prefix":     {"/a", "/a", 1},
		"a slash more":   {"/a", "/a/", 1},
		"none":           {"", "", 1},
	} {
		state := gateway.State{}
		for id, prefix := range map[string]string{"one": tt.first, "two": tt.second} {
			service, route := gateway.Key{Kind: gateway.Services, ID: id}, gateway.Key{Kind: gateway.Routes, ID: id}
			state[service] = gateway.Resource{Key: service, Spec: map[string]any{"hosts": []any{"h.test"}, "path_prefix": prefix}}
			state[route] = gateway.Resource{Key: route, Spec: map[string]any{"service_id": id, "uri": "/*"}, Origin: &gateway.Origin{}}
		}
		if found := routeConflicts(state, state.Keys()); len(found) != tt.want {
			t.Errorf("%s: found %v, want %d", name, found, tt.want)
		}
	}
}
