package plan

import (
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

func TestTakesIn(t *testing.T) {
	tests := []struct {
		wide, narrow match
		want         bool
	}{
		{match{uri: "/x"}, match{host: "a.test", uri: "/x"}, true},
		{match{host: "a.test", uri: "/x"}, match{uri: "/x"}, false},
		{match{host: "*.test", uri: "/*"}, match{host: "a.b.test", uri: "/x/y"}, true},
		{match{host: "*.test", uri: "/*"}, match{host: "*.a.test", uri: "/x*"}, true},
		{match{host: "*.test", uri: "/*"}, match{host: "test", uri: "/x"}, false},
		{match{uri: "/x*"}, match{uri: "/x"}, true},
		{match{uri: "/x/*"}, match{uri: "/x"}, false},
		{match{uri: "/x"}, match{uri: "/x", method: "GET"}, true},
		{match{uri: "/x", method: "GET"}, match{uri: "/x"}, false},
		{match{uri: "/x", condition: "v"}, match{uri: "/x", condition: "w"}, false},
	}
	for _, tt := range tests {
		if got := tt.wide.takesIn(tt.narrow); got != tt.want {
			t.Errorf("%+v takes in %+v: %v, want %v", tt.wide, tt.narrow, got, tt.want)
		}
		index := coverage{}
		index.add(parse(t, "routes/r")[gateway.Key{Kind: gateway.Routes, ID: "r"}], map[match]bool{tt.wide: true})
		if got := index.covers(tt.narrow); got != tt.want {
			t.Errorf("%+v covers %+v: %v, want %v", tt.wide, tt.narrow, got, tt.want)
		}
	}
}

// TestPrefixesTellRoutesApart holds routes of API7 Enterprise: what their service puts before their paths counts.
func TestPrefixesTellRoutesApart(t *testing.T) {
	service, route := gateway.Key{Kind: gateway.Services, ID: "s"}, gateway.Key{Kind: gateway.Routes, ID: "r"}
	bridge := gateway.Key{Kind: gateway.Routes, ID: "sluice-bridge-r"}
	state := gateway.State{
		service: {Key: service, Spec: map[string]any{"hosts": []any{"h.test"}, "path_prefix": "/a/"}},
		route:   {Key: route, Spec: map[string]any{"service_id": "s", "uri": "/x"}},
		bridge:  {Key: bridge, Spec: map[string]any{"hosts": []any{"h.test"}, "path_prefix": "/a/", "uri": "/x"}},
	}
	for _, key := range []gateway.Key{route, bridge} {
		if found := matches(state, state[key]); !found[match{host: "h.test", uri: "/a/x"}] || len(found) != 1 {
			t.Errorf("%s answers %v, want h.test/a/x", key, found)
		}
	}
}
