package apisix

import (
	"sync"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// TestTablesAreShared: gateways that tell the same share one table, and those that tell something else do not.
func TestTablesAreShared(t *testing.T) {
	told := func(version string, most float64) schema.Set {
		return schema.Set{Product: "apisix", Version: version, Kinds: map[gateway.Kind]map[string]any{
			gateway.Routes: {"type": "object", "properties": map[string]any{"priority": map[string]any{"type": "integer", "default": most}}},
		}}
	}
	var tables Tables
	got := make([]*defaultTable, 8)
	var running sync.WaitGroup
	for i := range got {
		running.Go(func() {
			var err error
			if got[i], err = tables.of(told("3.18.0", 0)); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	for i, table := range got {
		if table == nil || table != got[0] {
			t.Errorf("gateway %d has a table of its own", i)
		}
	}
	for name, other := range map[string]schema.Set{"version": told("3.13.0", 0), "default": told("3.18.0", 1)} {
		table, err := tables.of(other)
		if err != nil {
			t.Fatal(err)
		}
		if table == got[0] {
			t.Errorf("another %s shares the table", name)
		}
	}
}
