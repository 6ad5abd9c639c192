package api7_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// TestSchema takes what API7 Enterprise holds, and refuses what is misspelt in it.
func TestSchema(t *testing.T) {
	set, err := client(t, start(t, api7test.Config{Version: "3.9.14"}), nil).Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if set.Product != "api7" || set.Version != "3.9.14" {
		t.Errorf("%s %s", set.Product, set.Version)
	}
	again, err := schema.Decode(set.Encode())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		key, body string
		paths     []string
	}{
		{"services/s", `{"path_prefix": "/a", "strip_path_prefix": true, "type": "stream", "labels": {"a": ["b"]},
			"upstreams": {"u": {"nodes": [{"host": "h", "port": 1, "weight": 1}]}}}`, nil},
		{"services/s", `{"strip_path_prefix": "yes", "type": "tcp", "upstreams": {"u": {"nodes": [], "retrys": 1}}, "upstream_id": "u"}`,
			[]string{"strip_path_prefix", "type", "upstream_id", "upstreams.u.retrys"}},
		{"routes/r", `{"service_id": "s", "uri": "/a", "status": 1}`, nil},
		{"routes/r", `{"service_id": "s", "uri": "/a", "hosts": ["a"], "labels": {"a": 1}}`, []string{"hosts", "labels.a"}},
		{"consumers/c", `{"desc": "d"}`, nil},
		{"global_rules/cors", `{"plugins": {"cors": {}}}`, nil},
		{"secrets/vault/1", `{"uri": "http://v", "prefix": "p", "token": "t"}`, nil},
	}
	for _, test := range tests {
		for _, s := range []*schema.Set{set, again} {
			var got []string
			for _, fault := range s.Check(one(t, test.key, test.body)) {
				got = append(got, fault.Path.String())
			}
			if diff := cmp.Diff(test.paths, got); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", test.key, test.body, diff)
			}
		}
	}
}
