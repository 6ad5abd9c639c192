package gateway_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
)

func TestRefs(t *testing.T) {
	m := func(pairs ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i].(string)] = pairs[i+1]
		}
		return out
	}
	tests := []struct {
		name string
		key  string
		spec map[string]any
		want []string // "path → key", with ? behind a soft one
	}{
		{"route", "routes/r", m("service_id", "s", "upstream_id", int64(7), "plugin_config_id", "p"),
			[]string{"plugin_config_id → plugin_configs/p", "service_id → services/s", "upstream_id → upstreams/7"}},
		{"service", "services/s", m("upstream_id", "u"), []string{"upstream_id → upstreams/u"}},
		{"stream route", "stream_routes/s", m("upstream_id", "u", "protocol", m("superior_id", "t")),
			[]string{"upstream_id → upstreams/u", "protocol.superior_id → stream_routes/t"}},
		{"consumer", "consumers/c", m("group_id", "g"), []string{"group_id → consumer_groups/g"}},
		{"credential", "credentials/alice/k", m(), []string{" → consumers/alice"}},
		{"client certificate", "upstreams/u", m("tls", m("client_cert_id", "c")), []string{"tls.client_cert_id → ssls/c"}},
		{"client certificate of an inline upstream", "routes/r", m("upstream", m("tls", m("client_cert_id", "c"))),
			[]string{"upstream.tls.client_cert_id → ssls/c"}},
		{"traffic-split", "routes/r", m("plugins", m("traffic-split", m("rules", []any{m("weighted_upstreams",
			[]any{m("upstream_id", "a"), m("weight", int64(1)), m("upstream_id", int64(3))})}))),
			[]string{"plugins.traffic-split.rules[0].weighted_upstreams[0].upstream_id → upstreams/a",
				"plugins.traffic-split.rules[0].weighted_upstreams[2].upstream_id → upstreams/3"}},
		{"grpc-transcode in a plugin config", "plugin_configs/p", m("plugins", m("grpc-transcode", m("proto_id", "p"))),
			[]string{"plugins.grpc-transcode.proto_id → protos/p"}},
		{"anonymous consumer", "services/s", m("plugins", m("key-auth", m("anonymous_consumer", "anyone"))),
			[]string{"plugins.key-auth.anonymous_consumer → consumers/anyone"}},
		{"consumer-restriction by name", "routes/r", m("plugins", m("consumer-restriction", m("whitelist", []any{"a", "b"}))),
			[]string{"plugins.consumer-restriction.whitelist[0] → consumers/a?", "plugins.consumer-restriction.whitelist[1] → consumers/b?"}},
		{"consumer-restriction by route", "consumers/c", m("plugins", m("consumer-restriction", m("type", "route_id", "blacklist", []any{"r"}))),
			[]string{"plugins.consumer-restriction.blacklist[0] → routes/r?"}},
		{"secret manager", "consumers/c", m("plugins", m("key-auth", m("key", "$secret://vault/1/jack/key"))),
			[]string{"plugins.key-auth.key → secrets/vault/1?"}},
		{"wrong types refer to nothing", "routes/r", m("service_id", []any{"s"}, "plugins", m("traffic-split", "x", "consumer-restriction", m("type", m())), "upstream", "u"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key, err := gateway.ParseKey(tt.key)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, ref := range gateway.Refs(gateway.Resource{Key: key, Spec: tt.spec}) {
				line := ref.Path.String() + " → " + ref.To.String()
				if ref.Soft {
					line += "?"
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("refs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPathsReadBack(t *testing.T) {
	for _, text := range []string{"timeout.read", "uris[0]", `nodes["127.0.0.1:80"]`, "plugins.limit-count.count", `a["b.c"][3].d`} {
		path, err := gateway.ParsePath(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if path.String() != text {
			t.Errorf("%s reads back as %s", text, path)
		}
	}
	for _, text := range []string{"a..b", "a[", "a[x]", `a["b]`, "a b"} {
		if _, err := gateway.ParsePath(text); err == nil {
			t.Errorf("%q is taken as a path", text)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	f.Add(`nodes["127.0.0.1:80"].weight[3]`)
	f.Fuzz(func(t *testing.T, text string) {
		path, err := gateway.ParsePath(text)
		if err != nil {
			return
		}
		again, err := gateway.ParsePath(path.String())
		if err != nil || again.String() != path.String() {
			t.Errorf("%q reads as %q, which reads as %q (%v)", text, path, again, err)
		}
	})
}

func TestKeysReadBackAndSort(t *testing.T) {
	for _, text := range []string{"routes/r", "credentials/alice/key1", "secrets/vault/1"} {
		key, err := gateway.ParseKey(text)
		if err != nil || key.String() != text {
			t.Errorf("%s: %v, %v", text, key, err)
		}
	}
	for _, text := range []string{"routes", "routes/", "route/r", ""} {
		if _, err := gateway.ParseKey(text); err == nil {
			t.Errorf("%q is taken as a key", text)
		}
	}
	upstream, route := gateway.Key{Kind: gateway.Upstreams, ID: "z"}, gateway.Key{Kind: gateway.Routes, ID: "a"}
	if upstream.Compare(route) >= 0 || route.Compare(gateway.Key{Kind: gateway.Routes, ID: "b"}) >= 0 {
		t.Error("keys do not sort by dependency, then by id")
	}
}
