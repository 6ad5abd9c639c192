package api7_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
)

func faultTexts(faults []gateway.Fault) []string {
	var texts []string
	for _, fault := range faults {
		texts = append(texts, fault.String())
	}
	return texts
}

func TestValidate(t *testing.T) {
	resources := []gateway.Resource{
		one(t, "routes/fine", `{"service_id": "s", "uri": "/a"}`),
		one(t, "routes/hosts", `{"service_id": "s", "uri": "/a", "hosts": ["a"]}`),
		one(t, "routes/none", `{"service_id": "s"}`),
		one(t, "services/s", `{"upstream": {"nodes": [{"host": "a"}], "scheme": "tcp"}}`),
		one(t, "services/p", `{"plugins": {"nope": {}}}`),
		one(t, "global_rules/cors", `{"plugins": {"cors": {}}}`),
		one(t, "plugin_metadata/http-logger", `{"log_format": {}}`),
		one(t, "credentials/alice/main", `{"plugins": {"key-auth": {"key": "k"}}}`),
	}
	offline := []string{"routes/hosts hosts: API7 Enterprise can't hold hosts of routes"}
	online := append(offline,
		`routes/none uris: property "paths" is required`,
		`services/s nodes: property "nodes" validation failed: a node needs host, port and weight`,
		`services/p: unknown plugin [nope]`,
	)
	for version, want := range map[string][]string{"3.9.9": offline, "3.9.10": online, "3.10.1": online} {
		server := start(t, api7test.Config{Version: version})
		faults, err := client(t, server, nil).Validate(t.Context(), resources)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, faultTexts(faults)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", version, diff)
		}
		if writes := server.Writes(); len(writes) > 0 {
			t.Errorf("wrote %q", writes)
		}
	}
}

// TestComparisonsAreNoFaults leaves out what the gateway says by looking at other resources, which a commit may make or move.
func TestComparisonsAreNoFaults(t *testing.T) {
	tests := map[string]bool{
		"service 3f2a not found": false,
		`failed to fetch service info by service id [s], response code: 404`: false,
		"upstream canary does not exist":                                     false,
		"the ssl of client_cert_id doesn't exist":                            false,
		"plugin cors already exists in global rule x":                        false,
		"duplicate key of plugin key-auth: k":                                false,
		"unknown plugin [nope]":                                              true,
		`property "paths" is required`:                                       true,
		`property "service_id" validation failed: wrong type`:                true,
		"failed to check the configuration of plugin cors err: bad":          true,
	}
	for words, fault := range tests {
		answer, err := json.Marshal(map[string]any{"error_msg": "validation failed",
			"errors": []any{map[string]any{"resource_type": "routes", "index": 0, "error": words}}})
		if err != nil {
			t.Fatal(err)
		}
		server := start(t, api7test.Config{Intercept: says("POST /apisix/admin/configs/validate", always, 400, string(answer))})
		faults, err := client(t, server, nil).Validate(t.Context(), []gateway.Resource{one(t, "routes/r", `{"service_id": "s", "uri": "/a"}`)})
		if err != nil || (len(faults) > 0) != fault {
			t.Errorf("%s: %v, %v, want a fault: %t", words, faultTexts(faults), err, fault)
		}
	}
}

// TestValidateIsSplit sends more than one request holds, and finds the fault in the last.
func TestValidateIsSplit(t *testing.T) {
	server := start(t, api7test.Config{})
	long := strings.Repeat("x", 100_000)
	var resources []gateway.Resource
	for i := range 15 {
		resources = append(resources, one(t, fmt.Sprintf("services/s%d", i), fmt.Sprintf(`{"desc": %q}`, long)))
	}
	resources = append(resources, one(t, "services/huge", fmt.Sprintf(`{"desc": %q}`, strings.Repeat(long, 15))), one(t, "services/bad", `{"plugins": {"nope": {}}}`))
	faults, err := client(t, server, nil).Validate(t.Context(), resources)
	if err != nil {
		t.Fatal(err)
	}
	texts := strings.Join(faultTexts(faults), "\n")
	if len(faults) != 2 || !strings.Contains(texts, "services/huge: its 15") || !strings.Contains(texts, "services/bad: unknown plugin [nope]") {
		t.Errorf("faults:\n%.300s", texts)
	}
	requests := 0
	for _, request := range server.Requests() {
		if strings.HasSuffix(request, "/configs/validate") {
			requests++
		}
	}
	if requests != 2 {
		t.Errorf("%d requests", requests)
	}
}
