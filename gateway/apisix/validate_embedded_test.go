package apisix_test

import (
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// TestValidateEndToEnd lets gateways judge every kind: all of it is sound, and one bad field in one of them is found.
func TestValidateEndToEnd(t *testing.T) {
	for _, version := range []string{"3.13.0", "3.18.0"} {
		t.Run(version, func(t *testing.T) {
			g, state := start(t, embedded.Config{Version: version}, nil), desired(t)
			var all []gateway.Resource
			for _, key := range state.Keys() {
				all = append(all, state[key])
			}
			faults, err := g.Validate(t.Context(), all)
			if err != nil || len(faults) > 0 {
				t.Errorf("what is sound has faults: %v %v", faults, err)
			}
			bad := gateway.Resource{Key: gateway.Key{Kind: gateway.Routes, ID: "bad"}, Spec: map[string]any{
				"uri": "/a", "plugins": map[string]any{"limit-count": map[string]any{"count": "x y", "time_window": int64(-1)}},
			}}
			faults, err = g.Validate(t.Context(), append(all, bad))
			if err != nil || len(faults) == 0 {
				t.Errorf("what is bad has no faults: %v", err)
			}
			for _, fault := range faults {
				if fault.Key != bad.Key || len(fault.Path) < 2 {
					t.Errorf("a fault at another place: %v", fault)
				}
			}
			if live, err := g.Live(t.Context()); err != nil || len(live) > 0 {
				t.Errorf("after validating there are %v, %v", live.Keys(), err)
			}
		})
	}
}
