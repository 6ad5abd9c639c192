package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
	"github.com/sluice-gitops/sluice/plan"
)

// TestAnAPI7GroupIsImported fills a gateway group of API7 as Sluice does, and imports it: the files hold what was written, are proven
// against the gateway's own schemas, and say nothing that the gateway fills in.
func TestAnAPI7GroupIsImported(t *testing.T) {
	for _, version := range []string{"3.10.1", "3.5.5"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			server, err := api7test.Start(api7test.Config{Version: version})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Close() })
			fillAPI7(t, server.URL())
			dir := t.TempDir()
			config := filepath.Join(dir, "sluice.yaml")
			text := fmt.Sprintf("repository: {url: repo}\ngatewayGroups:\n  ee: {type: api7, environment: prod, adminURL: %q, adminKeyFile: key, gatewayGroup: prod}\n"+
				"journal: {path: journal}\n", server.URL())
			for name, data := range map[string]string{config: text, filepath.Join(dir, "key"): api7test.UserToken} {
				if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var stdout, stderr bytes.Buffer
			a := &app{stdout: &stdout, stderr: &stderr}
			to := filepath.Join(dir, "repo")
			if err := a.importGroups(t.Context(), imports{config: config, to: to}, []string{"ee"}); err != nil {
				t.Fatalf("%v\n%s%s", err, &stdout, &stderr)
			}
			// Metadata has no labels, so nobody owns it.
			if !strings.Contains(stdout.String(), "proven: 1 resource to adopt") {
				t.Errorf("not proven:\n%s", &stdout)
			}
			services, err := os.ReadFile(filepath.Join(to, "environments/prod/services.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			for _, filled := range []string{"desc", "pass_host", "retry_timeout", "name: default", "priority: 0"} {
				if strings.Contains(string(services), filled) {
					t.Errorf("%s stands in\n%s", filled, services)
				}
			}
			for _, written := range []string{"path_prefix: /shop", "canary", "connect: 1"} {
				if !strings.Contains(string(services), written) {
					t.Errorf("%s does not stand in\n%s", written, services)
				}
			}
			if _, err := os.Stat(filepath.Join(to, "schemas/api7-"+version+".json")); err != nil {
				t.Error(err)
			}
		})
	}
}

func fillAPI7(t *testing.T, url string) {
	t.Helper()
	client, err := api7.New(api7.Config{Name: "ee", URL: url, Group: "prod", SettleTime: time.Millisecond,
		Token: func() (gateway.Secret, error) { return gateway.NewSecret("", api7test.UserToken), nil }})
	if err != nil {
		t.Fatal(err)
	}
	node := func(host string) any {
		return []any{map[string]any{"host": host, "port": int64(80), "weight": int64(1)}}
	}
	bodies := map[gateway.Key]map[string]any{
		key(gateway.Services, "shop"): {"hosts": []any{"shop.example"}, "path_prefix": "/shop", "strip_path_prefix": true,
			"upstream":  map[string]any{"nodes": node("shop"), "timeout": map[string]any{"connect": int64(1), "send": int64(2), "read": int64(3)}},
			"upstreams": map[string]any{"canary": map[string]any{"nodes": node("canary")}}},
		key(gateway.Services, "tcp"):          {"upstream": map[string]any{"scheme": "tcp", "nodes": node("a")}},
		key(gateway.Routes, "all"):            {"service_id": "shop", "uris": []any{"/*"}, "plugins": map[string]any{"cors": map[string]any{}}},
		key(gateway.StreamRoutes, "sr"):       {"service_id": "tcp", "server_port": int64(9100)},
		key(gateway.Consumers, "alice"):       {},
		key(gateway.Credentials, "alice/k"):   {"plugins": map[string]any{"key-auth": map[string]any{"key": "alices"}}},
		key(gateway.PluginMetadata, "syslog"): {"log_format": map[string]any{"h": "$host"}},
	}
	desired := gateway.State{}
	for at, body := range bodies {
		if at.Kind.HasLabels() {
			body["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		}
		desired[at] = gateway.Resource{Key: at, Spec: gateway.Seal(at, body)}
	}
	if _, err := apply.Run(t.Context(), client, plan.New(desired, gateway.State{}, plan.Policy{}), apply.Options{}); err != nil {
		t.Fatal(err)
	}
}
