package embedded_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// aboutPlugins asks a gateway for the fields of its plugins.
func aboutPlugins(t *testing.T, h *harness) map[string]map[string]map[string]any {
	t.Helper()
	var all map[string]struct {
		Schema struct{ Properties map[string]any }
	}
	request := "plugins?all=true"
	status, body := h.admin(http.MethodGet, request, "")
	if err := json.Unmarshal([]byte(body), &all); err != nil || status != http.StatusOK {
		t.Fatalf("%s: got %d, %v", request, status, err)
	}
	fields := map[string]map[string]map[string]any{}
	for name, about := range all {
		fields[name] = map[string]map[string]any{}
		for field, schema := range about.Schema.Properties {
			fields[name][field], _ = schema.(map[string]any)
		}
	}
	return fields
}

// TestEveryFieldOfEveryPluginIsChecked sends each field of each plugin with a value of another type, and a field of _meta that
// there is none of. The fault must be told of that very field.
func TestEveryFieldOfEveryPluginIsChecked(t *testing.T) {
	wrong := map[string]string{"string": "true", "integer": `"x"`, "number": `"x"`, "boolean": `"x"`, "array": `"x"`, "object": `"x"`}
	for version, least := range map[string]int{"3.18.0": 105, "3.13.0": 90} {
		h := newHarness(t, embedded.Config{Version: version})
		all := aboutPlugins(t, h)
		if len(all) < least {
			t.Errorf("%s knows %d plugins, want %d or more", version, len(all), least)
		}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			fields := map[string]string{"_meta": `{"bogus":1}`}
			for field, about := range all[name] {
				if kind, ok := about["type"].(string); ok && field != "_meta" {
					fields[field] = wrong[kind]
				}
			}
			for field, value := range fields {
				body := fmt.Sprintf(`{"uri":"/","plugins":{%q:{%q:%s}}}`, name, field, value)
				status, answer := h.admin(http.MethodPut, "routes/r", body)
				if want := fmt.Sprintf(`property \"%s\" validation failed`, field); status != http.StatusBadRequest || !strings.Contains(answer, want) {
					t.Errorf("%s, %s: got %d %s", version, body, status, answer)
				}
			}
		}
	}
}

// TestDefaultsOfPlugins stores every plugin that needs no field. The older version writes the defaults that it tells of, the newest
// none.
func TestDefaultsOfPlugins(t *testing.T) {
	for _, version := range []string{"3.18.0", "3.13.0"} {
		h := newHarness(t, embedded.Config{Version: version})
		stored := 0
		for name, about := range aboutPlugins(t, h) {
			status, answer := h.admin(http.MethodPut, "routes/r", fmt.Sprintf(`{"uri":"/","plugins":{%q:{}}}`, name))
			if status > 299 {
				continue // it wants a field
			}
			stored++
			var got struct {
				Value struct{ Plugins map[string]map[string]any }
			}
			if err := json.Unmarshal([]byte(answer), &got); err != nil {
				t.Fatal(err)
			}
			for field, property := range about {
				_, written := got.Value.Plugins[name][field]
				if want := property["default"] != nil && version == "3.13.0"; written != want {
					t.Errorf("%s: default of %s.%s written: %v, want %v", version, name, field, written, want)
				}
			}
		}
		if stored < 20 {
			t.Errorf("%s took %d plugins without a field", version, stored)
		}
	}
}

// TestWorkingPluginsInBothVersions sends a request through every plugin that works, with as little configured as there can be.
func TestWorkingPluginsInBothVersions(t *testing.T) {
	confs := map[string]string{
		"key-auth": "{}", "basic-auth": "{}", "jwt-auth": "{}", "limit-count": `{"count":1,"time_window":1,"key":"remote_addr"}`,
		"limit-req": `{"rate":1,"burst":1,"key":"remote_addr","rejected_code":503}`, "ua-restriction": `{"denylist":["x"]}`,
		"referer-restriction": `{"whitelist":["a.example.com"]}`, "uri-blocker": `{"block_rules":["x"]}`, "cors": "{}",
		"response-rewrite": `{"status_code":201}`, "proxy-rewrite": `{"uri":"/x"}`, "redirect": `{"uri":"/x"}`, "request-id": "{}",
		"ip-restriction": `{"whitelist":["10.0.0.1"]}`, "traffic-split": `{"rules":[]}`, "fault-injection": `{"abort":{"http_status":418}}`,
		"consumer-restriction": `{"whitelist":["a"]}`, "mocking": `{"response_example":"x"}`,
		"workflow": `{"rules":[{"actions":[["return",{"code":403}]]}]}`,
	}
	want := map[string]int{
		"key-auth": 401, "basic-auth": 401, "jwt-auth": 401, "ua-restriction": 403, "referer-restriction": 403, "redirect": 302,
		"ip-restriction": 403, "fault-injection": 418, "consumer-restriction": 401, "mocking": 200, "workflow": 403, "response-rewrite": 201,
	}
	for _, version := range []string{"3.18.0", "3.13.0"} {
		h := newHarness(t, embedded.Config{Version: version})
		for name, conf := range confs {
			h.put(fmt.Sprintf(`routes/r {"uri":"/","plugins":{%q:%s},"upstream":{"nodes":{}}}`, name, conf))
			status, body := h.get("/")
			if expected, ok := want[name]; ok && status != expected || !ok && status != http.StatusServiceUnavailable {
				t.Errorf("%s, %s: got %d %s", version, name, status, body)
			}
			if strings.Contains(body, "%!") || strings.Contains(body, "<nil>") {
				t.Errorf("%s, %s: %s", version, name, body)
			}
		}
	}
}
