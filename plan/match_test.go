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
		index := coverage{tt.wide: nil}
		index[tt.wide] = append(index[tt.wide], parse(t, "routes/r")[gateway.Key{Kind: gateway.Routes, ID: "r"}])
		if got := index.covers(tt.narrow); got != tt.want {
			t.Errorf("%+v covers %+v: %v, want %v", tt.wide, tt.narrow, got, tt.want)
		}
	}
}
