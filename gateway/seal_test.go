package gateway

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSealKnowsWhatTheGatewayEncrypts compares our table with what a real APISIX says it encrypts.
func TestSealKnowsWhatTheGatewayEncrypts(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", "fixtures", "apisix", "plugins-all-3.18.json"))
	if err != nil {
		t.Skipf("SKIPPED: the recorded schemas are not here, so the list of secrets was NOT checked: %v", err)
	}
	type schema struct {
		Encrypted []string `json:"encrypt_fields"`
	}
	var plugins map[string]struct {
		Own      schema `json:"schema"`
		Consumer schema `json:"consumer_schema"`
		Metadata schema `json:"metadata_schema"`
	}
	if err := json.Unmarshal(data, &plugins); err != nil || len(plugins) == 0 {
		t.Fatalf("%d plugins are recorded: %v", len(plugins), err)
	}
	for name, told := range plugins {
		for _, field := range slices.Concat(told.Own.Encrypted, told.Consumer.Encrypted, told.Metadata.Encrypted) {
			sealed := slices.ContainsFunc(pluginSecrets[name], func(rule string) bool { return strings.ReplaceAll(rule, ".*", "") == field })
			if !sealed {
				t.Errorf("%s encrypts %s, and Seal leaves it in clear", name, field)
			}
		}
	}
}

func TestSealReachesWhatStandsInsideAPlugin(t *testing.T) {
	for name, conf := range map[string]string{
		"traffic-split": `{"rules": [{"weighted_upstreams": [{"upstream": {"tls": {"client_cert": "c", "client_key": "hidden"}}}]}]}`,
		"workflow":      `{"rules": [{"actions": [["limit-count", {"count": 1, "redis_password": "hidden"}]]}]}`,
		"multi-auth":    `{"auth_plugins": [{"key-auth": {}}, {"openid-connect": {"client_secret": "hidden"}}]}`,
		"ai-proxy":      `{"auth": {"aws": {"secret_access_key": "hidden"}}}`,
		"loki-logger":   `{"headers": {"Authorization": "hidden"}}`,
	} {
		var read map[string]any
		if err := json.Unmarshal([]byte(conf), &read); err != nil {
			t.Fatal(err)
		}
		spec := map[string]any{"plugins": map[string]any{name: read}}
		sealed := Seal(Key{Routes, "1"}, spec)
		if text := fmt.Sprint(sealed); strings.Contains(text, "hidden") || !strings.Contains(text, masked) {
			t.Errorf("%s: sealed as %s", name, text)
		}
		if !strings.Contains(fmt.Sprint(spec), "hidden") {
			t.Errorf("%s: Seal has changed what it was given", name)
		}
	}
}
