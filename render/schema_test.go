package render

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestFieldsAreThoseOfTheGateway compares our table with the schemas of a real APISIX.
func TestFieldsAreThoseOfTheGateway(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", "fixtures", "apisix", "schema-types-3.18.json"))
	if err != nil {
		t.Skipf("SKIPPED: the recorded schemas are not here: %v", err)
	}
	var schemas map[string]struct {
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(data, &schemas); err != nil {
		t.Fatal(err)
	}
	names := map[gateway.Kind]string{
		gateway.Routes: "route", gateway.Services: "service", gateway.Upstreams: "upstream", gateway.Consumers: "consumer",
		gateway.Credentials: "credential", gateway.ConsumerGroups: "consumer_group", gateway.PluginConfigs: "plugin_config",
		gateway.GlobalRules: "global_rule", gateway.Protos: "proto", gateway.SSLs: "ssl", gateway.StreamRoutes: "stream_route",
	}
	for kind, fields := range fieldsOf {
		schema, ok := schemas[names[kind]]
		if !ok || len(schema.Properties) == 0 {
			t.Errorf("no schema of %s is recorded", kind)
			continue
		}
		want := slices.DeleteFunc(slices.Sorted(maps.Keys(schema.Properties)), func(field string) bool {
			return slices.Contains([]string{"id", "username", "create_time", "update_time"}, field)
		})
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(fields))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", kind, diff)
		}
	}
}
