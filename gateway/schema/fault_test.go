package schema_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

func body(t testing.TB, text string) map[string]any {
	t.Helper()
	var raw any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&raw); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	canonical, err := gateway.Canonical(raw)
	if err != nil {
		t.Fatal(err)
	}
	return canonical.(map[string]any)
}

func faultsOf(set *schema.Set, kind gateway.Kind, spec map[string]any) []string {
	found := []string{}
	for _, fault := range set.Check(gateway.Resource{Key: gateway.Key{Kind: kind, ID: "x"}, Spec: spec}) {
		found = append(found, strings.TrimPrefix(fault.String(), string(kind)+"/x ")+" ("+fault.Hint+")")
	}
	return found
}

func TestCheckInWords(t *testing.T) {
	set, long := recorded(t), strings.Repeat("x", 128)
	tests := []struct {
		name, kind, body string
		want             []string
	}{
		{"sound", "routes", `{"uri":"/a","upstream":{"nodes":{"a:80":1}},"plugins":{"limit-count":{"count":1,"time_window":60}}}`, nil},
		{"all at once", "routes", `{"uri":1,"upstream_id":"u","prioriti":1,"methods":["GET","get"]}`, []string{
			`methods[1]: can't be "get" (did you mean "GET"?)`,
			`prioriti: is an unknown field (did you mean "priority"?)`,
			`uri: must be text (quote it to make it text)`,
		}},
		{"deep", "upstreams", `{"nodes":[{"host":"a","port":80},{"host":"b","weight":-1}],"checks":{"active":{"healthy":{"interval":0}}}}`, []string{
			`checks.active.healthy.interval: must be at least 1 (write another number)`,
			`nodes[0]: needs weight (add it)`,
			`nodes[1].weight: must be at least 0 (write another number)`,
		}},
		{"neither", "upstreams", `{}`, []string{
			`upstreams/x: needs nodes, or service_name and discovery_type (add one of them)`,
		}},
		{"neither of several", "ssls", `{"sni":"a","snis":["b"]}`, []string{`ssls/x: needs key and cert (add them)`}},
		{"two that exclude each other", "ssls", `{"sni":"a","snis":["b"],"cert":"` + long + `","key":"` + long + `"}`, []string{
			`sni: can't stand beside snis (keep one of them; !reset removes an inherited one)`,
		}},
		{"a condition on what is filled in", "global_rules", `{"plugins":{"limit-count":{"count":1,"time_window":1,"policy":"redis"}}}`, []string{
			`plugins.limit-count: needs redis_host (add it)`,
		}},
		{"a choice of types", "global_rules", `{"plugins":{"limit-count":{"count":true,"time_window":1}}}`, []string{
			`plugins.limit-count.count: must be a whole number or text (write a whole number without quotes)`,
		}},
		{"one of two plugins' ways", "global_rules", `{"plugins":{"ip-restriction":{"whitelist":["1.2.3.4"],"blacklist":["1.2.3.5"]}}}`, []string{
			`plugins.ip-restriction.whitelist: can't stand beside blacklist (keep one of them; !reset removes an inherited one)`,
		}},
		{"an unknown plugin", "services", `{"plugins":{"limit-coutn":{}}}`, []string{
			`plugins.limit-coutn: is an unknown plugin (did you mean "limit-count"?)`,
		}},
		{"a plugin that is no map", "services", `{"plugins":{"cors":1}}`, []string{`plugins.cors: must be a map (write a map: {key: value})`}},
		{"a plugin that is switched off", "services", `{"plugins":{"limit-count":{"_meta":{"disable":true}}}}`, nil},
		{"what a consumer says of a plugin", "consumers", `{"plugins":{"key-auth":{}}}`, []string{`plugins.key-auth: needs key (add it)`}},
		{"what a route says of it", "services", `{"plugins":{"key-auth":{}}}`, nil},
		{"no authentication", "credentials", `{"plugins":{"cors":{}}}`, []string{
			`plugins.cors: can't stand in a credential: it does not authenticate (put it into the consumer)`,
		}},
		{"a plugin of another subsystem", "stream_routes", `{"plugins":{"cors":{}}}`, []string{
			`plugins.cors: is an unknown plugin (it is not enabled on this gateway)`,
		}},
		{"an empty list for a map", "services", `{"plugins":[],"labels":[]}`, nil},
		{"what the gateway's code says of upstreams", "services",
			`{"upstream":{"type":"chash","hash_on":"header","key":"a b","nodes":[{"host":"::1","weight":1}],"pass_host":"rewrite"}}`, []string{
				`upstream: needs upstream_host (add it)`,
				`upstream.key: must be the name of a header (write its plain name)`,
				`upstream.nodes[0].host: must stand in brackets, as every IPv6 address (write [::1])`,
			}},
		{"hashing without a key", "upstreams", `{"type":"chash","nodes":{"a:1":1}}`, []string{`upstreams/x: needs key (add it)`}},
		{"times", "services", `{"create_time":1,"upstream":{"nodes":{},"update_time":2}}`, []string{
			`create_time: can't be set (remove it: the gateway sets it itself)`,
			`upstream.update_time: can't be set (remove it: the gateway sets it itself)`,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(append([]string{}, test.want...), faultsOf(set, gateway.Kind(test.kind), body(t, test.body))); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSecretsInCheck(t *testing.T) {
	spec := func(v any) map[string]any {
		return map[string]any{"desc": v, "scheme": v, "retries": v, "nodes": map[string]any{}}
	}
	long := strings.Repeat("s3cret", 50)
	for name, test := range map[string]struct {
		value gateway.Secret
		want  []string
	}{
		"unresolved is any text": {gateway.UnresolvedSecret("${env(X)}"), []string{"retries: must be a whole number"}},
		"a resolved one is looked at and not shown": {gateway.NewSecret("${env(X)}", long), []string{
			"desc: must be at most 256 characters", "retries: must be a whole number", "scheme: is none of the values that it can be",
		}},
		"one that fits": {gateway.NewSecret("${env(X)}", "https"), []string{"retries: must be a whole number"}},
	} {
		t.Run(name, func(t *testing.T) {
			found := faultsOf(schema.Core(), gateway.Upstreams, spec(test.value))
			if len(found) != len(test.want) {
				t.Fatalf("faults are %q, want %q", found, test.want)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(found[i], want) {
					t.Errorf("fault is %q, want %q", found[i], want)
				}
			}
			if strings.Contains(fmt.Sprint(found), "s3cret") {
				t.Error("a fault shows a secret")
			}
		})
	}
}

// TestLookAheadIsLenient holds that an expression which Go can't read refuses nothing, and that the rest of its schema counts.
func TestLookAheadIsLenient(t *testing.T) {
	set, err := schema.New(schema.Set{Kinds: map[gateway.Kind]map[string]any{gateway.Protos: {
		"type": "object", "properties": map[string]any{"content": map[string]any{"type": "string", "pattern": "^(?!x)", "maxLength": 3}},
		"patternProperties": map[string]any{"^(?!y)": map[string]any{"type": "integer"}}, "additionalProperties": false,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if found := faultsOf(set, gateway.Protos, map[string]any{"content": "xab", "z": "text"}); len(found) > 0 {
		t.Errorf("faults are %q", found)
	}
	if found := faultsOf(set, gateway.Protos, map[string]any{"content": "xabc"}); len(found) != 1 {
		t.Errorf("faults are %q", found)
	}
}

// TestCheckOfAnything throws values of any shape at every schema: it must not panic, and says something of each fault.
func TestCheckOfAnything(t *testing.T) {
	set := recorded(t)
	names := set.Names()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(gateway.Kinds()).Draw(t, "kind")
		spec := map[string]any{"plugins": map[string]any{rapid.SampledFrom(names).Draw(t, "plugin"): anything(t, 3)}}
		if properties, _ := set.Kinds[kind]["properties"].(map[string]any); properties != nil {
			for _, field := range slices.Sorted(maps.Keys(properties)) {
				if field != "plugins" && rapid.Bool().Draw(t, field) {
					spec[field] = anything(t, 3)
				}
			}
		}
		r := gateway.Resource{Key: gateway.Key{Kind: kind, ID: "vault/1"}, Spec: spec}
		before := string(r.Bytes())
		for _, fault := range set.Faults(r) {
			if fault.What == "" || fault.Code == "" || fault.Hint == "" {
				t.Fatalf("fault %+v", fault)
			}
		}
		if string(r.Bytes()) != before {
			t.Fatal("the resource was changed")
		}
	})
}

func anything(t *rapid.T, depth int) any {
	switch kind := rapid.IntRange(0, 6).Draw(t, "shape"); {
	case kind == 0 && depth > 0:
		m := map[string]any{}
		for _, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"_meta", "host", "count", "policy", "nodes", "x"}), 0, 3).Draw(t, "names") {
			m[name] = anything(t, depth-1)
		}
		return m
	case kind == 1 && depth > 0:
		return []any{anything(t, depth-1), anything(t, depth-1)}
	case kind == 2:
		return rapid.Bool().Draw(t, "bool")
	case kind == 3:
		return rapid.Int64().Draw(t, "int")
	case kind == 4:
		return rapid.Float64Range(-2, 2).Draw(t, "float")
	case kind == 5:
		return gateway.UnresolvedSecret("${env(X)}")
	}
	return rapid.String().Draw(t, "text")
}
