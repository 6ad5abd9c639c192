package api7_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
)

var versions = []string{"3.5.5", "3.6.1", "3.7.8", "3.8.23", "3.9.14", "3.10.1"}

// everyKind has what API7 Enterprise can hold of every kind, in the spellings that the config repo may use.
const everyKind = `{
	"secrets/vault/1": {"uri": "http://127.0.0.1:8200", "prefix": "kv", "token": "t"},
	"plugin_metadata/http-logger": {"log_format": {"host": "$host"}},
	"ssls/x": {"sni": "a.example.com", "cert": "c", "key": "k", "client": {"ca": "ca"}},
	"protos/p": {"content": "syntax = \"proto3\";"},
	"consumers/alice": {"plugins": {"limit-count": {"count": 1, "time_window": 1}}},
	"consumers/bob": {"desc": "has no credentials", "labels": {"team": ["a", "b"], "tier": "gold"}},
	"credentials/alice/main": {"plugins": {"key-auth": {"key": "k1"}}},
	"credentials/alice/named": {"name": "second", "plugins": {"basic-auth": {"username": "alice", "password": "pw"}}},
	"services/shop": {"hosts": ["a.example.com"], "upstream": {"nodes": {"127.0.0.1:80": 1, "[::1]:81": 2, "plain": 3}, "timeout": {"connect": 1, "send": 60, "read": 60}},
		"upstreams": {"canary": {"nodes": [{"host": "127.0.0.1", "port": 82, "weight": 1}]}}, "path_prefix": "/shop"},
	"services/bare": {},
	"services/tcp": {"upstream": {"scheme": "tcp", "nodes": [{"host": "127.0.0.1", "port": 5432, "weight": 1}]}},
	"services/7": {"name": "7", "upstream": {"nodes": [{"host": "h", "weight": 1}], "checks": {"active": {"healthy": {}}}, "tls": {"client_cert_id": 5}, "scheme": "https"}},
	"routes/r1": {"service_id": "shop", "uri": "/a", "plugins": {"traffic-split": {"rules": [{"weighted_upstreams": [{"upstream_id": "canary", "weight": 1}, {"weight": 9}]}]}}},
	"routes/r2": {"service_id": 7, "uris": ["/b", "/c"], "methods": ["PUT", "GET"], "status": 1, "priority": 0, "timeout": {"connect": 1, "send": 2, "read": 3}},
	"stream_routes/st": {"service_id": "tcp", "server_port": 9100},
	"global_rules/cors": {"plugins": {"cors": {}}}
}`

// TestEverything puts every kind on every version, finds nothing to do, and takes it all away again.
func TestEverything(t *testing.T) {
	for _, version := range versions {
		for _, fill := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s filled %t", version, fill), func(t *testing.T) {
				server := start(t, api7test.Config{Version: version, FillObjects: fill})
				g := client(t, server, nil)
				if got, err := g.Version(t.Context()); err != nil || got != version {
					t.Errorf("version %q, %v", got, err)
				}
				bring(t, t, g, state(t, everyKind))
				server.Forget()
				bring(t, t, g, state(t, everyKind))
				if writes := server.Writes(); len(writes) > 0 {
					t.Errorf("a second pass wrote %q", writes)
				}
				bring(t, t, g, gateway.State{})
				if live, err := g.Live(t.Context()); err != nil || len(live) > 0 {
					t.Errorf("live %v, %v", live.Keys(), err)
				}
			})
		}
	}
}

// TestReadIsPartOfLive reads every key by itself, and some that are not there.
func TestReadIsPartOfLive(t *testing.T) {
	g := client(t, start(t, api7test.Config{}), nil)
	bring(t, t, g, state(t, everyKind))
	live, err := g.Live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys := append(live.Keys(), gateway.Key{Kind: gateway.Routes, ID: "none"}, gateway.Key{Kind: gateway.Upstreams, ID: "none"})
	read, err := g.Read(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	if read.Digest() != live.Digest() || len(read) != len(state(t, everyKind)) {
		t.Errorf("read %v, live %v", read.Keys(), live.Keys())
	}
}

// draw makes a state that API7 can hold: services whose hosts move, routes that move between services and name extra upstreams of
// theirs, consumers, rules.
func draw(t *rapid.T, extras bool) gateway.State {
	bodies := `{"global_rules/request-id": {"plugins": {"request-id": {}}}`
	add := func(format string, args ...any) { bodies += ",\n" + fmt.Sprintf(format, args...) }
	pick := func(name string, options ...string) string { return rapid.SampledFrom(options).Draw(t, name) }
	extra := map[int]string{}
	services := rapid.IntRange(1, 3).Draw(t, "services")
	first := rapid.IntRange(0, 2).Draw(t, "first service")
	for i := first; i < first+services; i++ {
		nodes := pick("nodes", `{"127.0.0.1:80": 1}`, `[{"host": "127.0.0.1", "port": 80, "weight": 1}]`, `{"h": 1, "i:81": 0}`)
		hosts := pick("hosts", ``, `"hosts": ["a.test"],`, `"hosts": ["b.test", "A.test"],`)
		if extras {
			extra[i] = pick("extra", ``, `u`, `v`)
		}
		upstreams := ``
		if extra[i] != "" {
			upstreams = fmt.Sprintf(`"upstreams": {%q: {"nodes": [{"host": "127.0.0.1", "port": %d, "weight": 1}]}},`, extra[i]+fmt.Sprint(i), 90+rapid.IntRange(0, 1).Draw(t, "port"))
		}
		prefix := pick("path prefix", ``, `"path_prefix": "/p",`, `"path_prefix": "/q", "strip_path_prefix": false,`)
		add(`"services/s%d": {%s %s %s "plugins": %s, "upstream": {"nodes": %s, "retries": %d}}`, i, hosts, prefix, upstreams,
			pick("plugins", `{}`, `{"cors": {}}`, `{"key-auth": {}}`), nodes, rapid.IntRange(0, 1).Draw(t, "retries"))
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "routes") {
		s := first + rapid.IntRange(0, services-1).Draw(t, "of")
		plugins := pick("route plugins", `{}`, `{"limit-count": {"count": 2, "time_window": 60}}`)
		if extra[s] != "" && rapid.Bool().Draw(t, "splits") {
			plugins = fmt.Sprintf(`{"traffic-split": {"rules": [{"weighted_upstreams": [{"upstream_id": %q, "weight": 1}]}]}}`, extra[s]+fmt.Sprint(s))
		}
		add(`"routes/r%d": {"service_id": "s%d", %s, "plugins": %s}`, i, s, pick("uri", `"uri": "/a"`, `"uris": ["/b", "/a"]`, `"uri": "/c/*", "priority": 3`), plugins)
	}
	if rapid.Bool().Draw(t, "stream") {
		add(`"services/tcp": {"upstream": {"scheme": "tcp", "nodes": {"127.0.0.1:5432": 1}}}, "stream_routes/st": {"service_id": "tcp", "server_port": %d}`,
			rapid.IntRange(9000, 9001).Draw(t, "server port"))
	}
	if rapid.Bool().Draw(t, "consumer") {
		add(`"consumers/alice": {"labels": {"l": %s}}, "credentials/alice/main": {"plugins": {"key-auth": {"key": %q}}}`,
			pick("label", `"x"`, `["x", "y"]`), pick("key", "k1", "k2"))
	}
	return state(t, bodies+"}")
}

// TestAnyStateIsReached is the law: from any state to any other, through plan and apply, live ends as desired, a second pass writes
// nothing, and the control plane, which refuses what refers to nothing, refuses nothing on the way. Where the gateway group enforces
// publishing it is the same, but for extra upstreams.
func TestAnyStateIsReached(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		enforced := rapid.Bool().Draw(r, "enforced")
		server := drawServer(r, enforced)
		defer server.Close()
		g := client(r, server, func(cfg *api7.Config) {
			cfg.Transport = inMemory{server.Handler()}
			cfg.Publish = enforced
			cfg.PublishVersion = func(commit string) string { return commit[:7] }
			if rapid.Bool().Draw(r, "group key") {
				cfg.Token = token(api7test.GroupToken)
			}
		})
		for i := range 2 {
			desired := draw(r, !enforced)
			for _, key := range desired.Keys() {
				if faults := api7.Check(desired[key]); len(faults) > 0 {
					r.Fatalf("%v", faults)
				}
			}
			bring(t, r, g.At(fmt.Sprintf("%d23456789abcdef", i)), desired)
		}
	})
}

func drawServer(r *rapid.T, enforced bool) *api7test.Server {
	server, err := api7test.Start(api7test.Config{
		Version: rapid.SampledFrom(versions).Draw(r, "version"), FillObjects: rapid.Bool().Draw(r, "fill"), Enforced: enforced,
	})
	if err != nil {
		r.Fatal(err)
	}
	return server
}
