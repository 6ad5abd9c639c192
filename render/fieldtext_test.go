package render

import (
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// TestFieldsAreExplained holds that what editors show of a field is of a field that exists, that it is in the schema, and that the usual
// fields have one.
func TestFieldsAreExplained(t *testing.T) {
	core := schema.Core()
	known := map[string]bool{}
	for _, kind := range gateway.Kinds() {
		body := bodySchema(kind, []*schema.Set{core})["properties"].(map[string]any)
		for field, of := range body {
			known[field] = true
			if shown, _ := of.(map[string]any)["description"].(string); field != "plugins" && fieldText(kind, field) != "" && shown != fieldText(kind, field) {
				t.Errorf("%s.%s shows %q", kind, field, shown)
			}
		}
		for field := range ownTexts()[kind] {
			if body[field] == nil {
				t.Errorf("%s has no field %q", kind, field)
			}
		}
	}
	for field := range sharedTexts() {
		if !known[field] {
			t.Errorf("no kind has a field %q", field)
		}
	}
	for kind, fields := range map[gateway.Kind][]string{
		gateway.Routes: {"uri", "host", "methods", "upstream_id"}, gateway.Services: {"hosts", "upstream"}, gateway.SSLs: {"snis", "cert"},
		gateway.Upstreams: {"nodes", "type", "retries"}, gateway.Consumers: {"username", "group_id"},
	} {
		for _, field := range fields {
			if fieldText(kind, field) == "" {
				t.Errorf("%s.%s has no text", kind, field)
			}
		}
	}
}
