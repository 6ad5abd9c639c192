package policy_test

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/policy"
)

// examples loads the policies that are shipped in docs/policies.
func examples(t *testing.T) policy.Set {
	t.Helper()
	files := fstest.MapFS{}
	shipped := os.DirFS("../docs/policies")
	names, err := fs.Glob(shipped, "*.yaml")
	if err != nil || len(names) < 5 {
		t.Fatalf("found %v, %v", names, err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(shipped, name)
		if err != nil {
			t.Fatal(err)
		}
		files["policies/"+name] = &fstest.MapFile{Data: data}
	}
	set, faults := policy.Load(files)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return set
}

// broken lists what breaks which policy, one a line.
func broken(set policy.Set, environment string, state gateway.State) string {
	var lines []string
	for _, fault := range set.Check(environment, environment, state, newYear) {
		lines = append(lines, fmt.Sprintf("%s %s", fault.Severity, fault.What))
	}
	return strings.Join(lines, "\n")
}

func TestExamples(t *testing.T) {
	good := func() map[string]map[string]any {
		return map[string]map[string]any{
			"routes/r":         {"uri": "/r", "service_id": "s", "labels": map[string]any{"owner": "shop"}},
			"services/s":       {"hosts": []any{"shop.acme.example"}},
			"ssls/tls":         {"snis": []any{"shop.acme.example"}, "ssl_protocols": []any{"TLSv1.3"}},
			"global_rules/all": {"plugins": map[string]any{"limit-req": map[string]any{"rate": int64(1)}}},
		}
	}
	limit := map[string]any{"limit-count": map[string]any{"count": int64(1)}}
	tests := []struct {
		name, environment string
		change            func(specs map[string]map[string]any)
		want              string
	}{
		{"all kept", "prod", func(map[string]map[string]any) {}, ""},
		{"no limit", "prod", func(s map[string]map[string]any) { delete(s, "global_rules/all") },
			`error routes/r breaks the policy "prod-rate-limit": nothing limits how often /r may be called in prod`},
		{"no limit outside prod", "uat", func(s map[string]map[string]any) { delete(s, "global_rules/all") }, ""},
		{"no limit on a route that is off", "prod", func(s map[string]map[string]any) {
			delete(s, "global_rules/all")
			s["routes/r"]["status"] = int64(0)
		}, ""},
		{"a limit that is off", "prod", func(s map[string]map[string]any) {
			s["global_rules/all"]["plugins"] = map[string]any{"limit-req": off()}
		},
			`error routes/r breaks the policy "prod-rate-limit": nothing limits how often /r may be called in prod`},
		{"a limit of its own", "prod", func(s map[string]map[string]any) {
			delete(s, "global_rules/all")
			s["routes/r"]["plugins"] = limit
		}, ""},
		{"a limit of the service", "prod", func(s map[string]map[string]any) {
			delete(s, "global_rules/all")
			s["services/s"]["plugins"] = limit
		}, ""},
		{"a limit of the plugin config", "prod", func(s map[string]map[string]any) {
			delete(s, "global_rules/all")
			s["routes/r"]["plugin_config_id"] = "p"
			s["plugin_configs/p"] = map[string]any{"plugins": limit}
		}, ""},
		{"wildcards", "prod", func(s map[string]map[string]any) { s["services/s"]["hosts"] = []any{"*.acme.example", "a.example"} }, `
error routes/r breaks the policy "no-wildcard-host": it takes requests for *.acme.example in prod
error services/s breaks the policy "no-wildcard-host": it takes requests for *.acme.example in prod`},
		{"a wildcard of a route", "uat", func(s map[string]map[string]any) { s["routes/r"]["host"] = "*" },
			`error routes/r breaks the policy "no-wildcard-host": it takes requests for * in uat`},
		{"a wildcard in test", "test", func(s map[string]map[string]any) { s["routes/r"]["host"] = "*.acme.example" }, ""},
		{"no host", "prod", func(s map[string]map[string]any) { delete(s["services/s"], "hosts") },
			`warning routes/r breaks the policy "host-is-named": A route without a host takes the requests for every host that no other route wants.`},
		{"code", "test", func(s map[string]map[string]any) {
			s["services/s"]["plugins"] = map[string]any{"serverless-pre-function": map[string]any{}}
			s["routes/r"]["filter_func"] = "function(vars) return true end"
			s["global_rules/all"]["plugins"] = map[string]any{"ext-plugin-pre-req": off()}
		}, `
error global_rules/all breaks the policy "no-code": it carries code into the gateway
error routes/r breaks the policy "no-code": it carries code into the gateway
error services/s breaks the policy "no-code": it carries code into the gateway`},
		{"an old protocol", "test", func(s map[string]map[string]any) { s["ssls/tls"]["ssl_protocols"] = []any{"TLSv1.1", "TLSv1.2"} },
			`error ssls/tls breaks the policy "tls-1.2": it lets clients of shop.acme.example speak TLSv1.1, TLSv1.2`},
		{"the gateway's protocols", "prod", func(s map[string]map[string]any) { delete(s["ssls/tls"], "ssl_protocols") }, ""},
		{"no owner", "test", func(s map[string]map[string]any) { s["routes/r"]["labels"] = map[string]any{"managed-by": "sluice"} },
			`error routes/r breaks the policy "owner-label": it does not say who owns it`},
		{"no labels", "test", func(s map[string]map[string]any) { delete(s["routes/r"], "labels") },
			`error routes/r breaks the policy "owner-label": it does not say who owns it`},
	}
	set := examples(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			specs := good()
			tt.change(specs)
			got := broken(set, tt.environment, resources(specs))
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
