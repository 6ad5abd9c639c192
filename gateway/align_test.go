package gateway_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
)

// spec reads a body, with numbers as a gateway's client reads them.
func spec(t testing.TB, text string) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var raw map[string]any
	if err := decoder.Decode(&raw); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	canonical, err := gateway.Canonical(raw)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return canonical.(map[string]any)
}

// align returns live in desired's terms, and whether the two are the same then.
func align(key gateway.Key, desired, live map[string]any, defaults gateway.Defaults) (gateway.Resource, bool) {
	want := gateway.Resource{Key: key, Spec: desired}
	have := gateway.State{key: {Key: key, Spec: live}}
	aligned := gateway.Align(gateway.State{key: want}, have, defaults)[key]
	return aligned, bytes.Equal(want.Bytes(), aligned.Bytes())
}

// someDefaults are the defaults that the cases below need, by path with * for items.
func someDefaults(t testing.TB) gateway.Defaults {
	byPath := spec(t, `{
		"priority": [0], "status": [1], "type": ["roundrobin", "server"], "scheme": ["http"],
		"upstream.type": ["roundrobin"], "keepalive_pool.size": [320],
		"checks.active.type": ["http"], "checks.active.http_statuses": [[200, 302]],
		"plugins.prometheus.prefer_name": [false],
		"plugins.api-breaker.healthy": [{"http_statuses": [200], "successes": 3}],
		"plugins.api-breaker.healthy.successes": [3],
		"plugins.key-auth.header": ["apikey"]
	}`)
	return func(_ gateway.Key, path gateway.Path) []any {
		values, _ := byPath[path.String()].([]any)
		return values
	}
}

func TestAlign(t *testing.T) {
	const pem = `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`
	tests := []struct {
		name, kind, desired, live string
		same                      bool
	}{
		{"equal", "routes", `{"uri":"/a"}`, `{"uri":"/a"}`, true},
		{"another text", "routes", `{"uri":"/a"}`, `{"uri":"/b"}`, false},
		{"added defaults", "routes", `{"uri":"/a"}`, `{"uri":"/a","priority":0,"status":1}`, true},
		{"a default that is not in force", "routes", `{"uri":"/a"}`, `{"uri":"/a","status":0}`, false},
		{"a default written out", "routes", `{"uri":"/a","priority":0}`, `{"uri":"/a"}`, true},
		{"no default written out", "routes", `{"uri":"/a","priority":1}`, `{"uri":"/a"}`, false},
		{"defaults inside", "upstreams", `{"nodes":{},"checks":{"active":{}}}`,
			`{"nodes":{},"type":"roundrobin","checks":{"active":{"type":"http","http_statuses":[200,302]}}}`, true},
		{"a default list changed", "upstreams", `{"nodes":{},"checks":{"active":{}}}`,
			`{"nodes":{},"checks":{"active":{"http_statuses":[302,200]}}}`, false},
		{"an added check, all of defaults", "upstreams", `{"nodes":{}}`, `{"nodes":{},"checks":{"active":{"type":"http"}}}`, false},
		{"an added pool, all of defaults", "upstreams", `{"nodes":{}}`, `{"nodes":{},"keepalive_pool":{"size":320}}`, false},
		{"an object that is a default", "routes", `{"plugins":{"api-breaker":{}}}`,
			`{"plugins":{"api-breaker":{"healthy":{"http_statuses":[200],"successes":3}}}}`, true},
		{"part of an object that is a default", "routes", `{"plugins":{"api-breaker":{"healthy":{"http_statuses":[200]}}}}`,
			`{"plugins":{"api-breaker":{"healthy":{"http_statuses":[200],"successes":3}}}}`, true},
		{"an added plugin, all of defaults", "routes", `{"plugins":{}}`, `{"plugins":{"prometheus":{"prefer_name":false}}}`, false},
		{"an added empty plugin", "global_rules", `{"plugins":{"cors":{}}}`, `{"plugins":{"cors":{},"prometheus":{}}}`, false},
		{"a plugin gone", "routes", `{"uri":"/a","plugins":{"prometheus":{}}}`, `{"uri":"/a"}`, false},

		{"uri and uris", "routes", `{"uri":"/a"}`, `{"uris":["/a"]}`, true},
		{"uris and uri", "routes", `{"uris":["/a"]}`, `{"uri":"/a"}`, true},
		{"one of two uris", "routes", `{"uri":"/a"}`, `{"uris":["/a","/b"]}`, false},
		{"host and hosts, in any case", "routes", `{"host":"A.example"}`, `{"hosts":["a.Example"]}`, true},
		{"sni and snis", "ssls", `{"snis":["a.example"]}`, `{"sni":"a.example"}`, true},
		{"remote_addr", "routes", `{"remote_addr":"127.0.0.1"}`, `{"remote_addrs":["127.0.0.1"]}`, true},
		{"order of hosts", "services", `{"hosts":["a","b","c"]}`, `{"hosts":["C","a","b"]}`, true},
		{"a host gone", "services", `{"hosts":["a","b"]}`, `{"hosts":["b"]}`, false},
		{"a host twice", "services", `{"hosts":["a","b"]}`, `{"hosts":["a","a","b"]}`, false},
		{"order of methods", "routes", `{"methods":["GET","PUT"]}`, `{"methods":["PUT","GET"]}`, true},
		{"case of a uri", "routes", `{"uri":"/a"}`, `{"uri":"/A"}`, false},
		{"order of vars", "routes", `{"vars":[["a","==","1"],["b","==","2"]]}`, `{"vars":[["b","==","2"],["a","==","1"]]}`, false},
		{"host of plugin metadata", "plugin_metadata", `{"host":"a"}`, `{"hosts":["a"]}`, false},

		{"nodes as map and list", "upstreams", `{"nodes":{"a:80":1,"b:81":2}}`,
			`{"nodes":[{"host":"b","port":81,"weight":2,"priority":0},{"host":"a","port":80,"weight":1}]}`, true},
		{"nodes as list and map", "routes", `{"upstream":{"nodes":[{"host":"b","port":81,"weight":2},{"host":"a","weight":1,"priority":0}]}}`,
			`{"upstream":{"nodes":{"a:80":1,"b:81":2}}}`, true},
		{"a port of the scheme", "upstreams", `{"scheme":"https","nodes":{"a":1}}`, `{"scheme":"https","nodes":{"a:443":1}}`, true},
		{"another port", "upstreams", `{"scheme":"https","nodes":{"a":1}}`, `{"scheme":"https","nodes":{"a:80":1}}`, false},
		{"a weight", "upstreams", `{"nodes":{"a:80":1}}`, `{"nodes":[{"host":"a","port":80,"weight":2}]}`, false},
		{"a node more", "upstreams", `{"nodes":{"a:80":1}}`, `{"nodes":[{"host":"a","port":80,"weight":1},{"host":"b","port":80,"weight":1}]}`, false},
		{"a node of lower priority", "upstreams", `{"nodes":{"a:80":1}}`, `{"nodes":[{"host":"a","port":80,"weight":1,"priority":-1}]}`, false},
		{"a node with metadata", "upstreams", `{"nodes":[{"host":"a","port":80,"weight":1,"metadata":{"x":"1"}}]}`,
			`{"nodes":[{"host":"a","port":80,"weight":1}]}`, false},
		{"bare IPv6", "upstreams", `{"nodes":[{"host":"::1","port":80,"weight":1}]}`, `{"nodes":{"[::1]:80":1}}`, true},
		{"nodes in a traffic split", "services",
			`{"plugins":{"traffic-split":{"rules":[{"weighted_upstreams":[{"upstream":{"nodes":{"a:80":1}},"weight":1}]}]}}}`,
			`{"plugins":{"traffic-split":{"rules":[{"weighted_upstreams":[{"upstream":{"nodes":[{"host":"a","port":80,"weight":1}]},"weight":1}]}]}}}`, true},

		{"ids", "routes", `{"upstream_id":"1","plugins":{"grpc-transcode":{"proto_id":2}}}`,
			`{"upstream_id":1,"plugins":{"grpc-transcode":{"proto_id":"2"}}}`, true},
		{"other ids", "routes", `{"upstream_id":"1"}`, `{"upstream_id":11}`, false},
		{"a number and a text", "routes", `{"plugins":{"x":{"count":"1"}}}`, `{"plugins":{"x":{"count":1}}}`, false},
		{"empty list and empty map", "routes", `{"vars":[]}`, `{"vars":{}}`, true},
		{"no plugins", "services", `{}`, `{"plugins":{},"labels":[]}`, true},
		{"no plugins, the other way", "services", `{"plugins":{}}`, `{}`, true},
		{"an empty list is not nothing", "routes", `{"uri":"/a"}`, `{"uri":"/a","vars":[]}`, false},
		{"_meta", "routes", `{"plugins":{"cors":{}}}`, `{"plugins":{"cors":{"_meta":{"disable":false}}}}`, true},
		{"_meta that disables", "routes", `{"plugins":{"cors":{}}}`, `{"plugins":{"cors":{"_meta":{"disable":true}}}}`, false},
		{"_vid", "routes", `{"plugins":{"workflow":{"rules":[{"actions":[["return",{"code":403}]]}]}}}`,
			`{"plugins":{"workflow":{"rules":[{"actions":[["return",{"code":403,"_vid":1}]]}]}}}`, true},
		{"a long number", "routes", `{"priority":12345678901234567}`, `{"priority":1.2345678901235e+16}`, true},
		{"a number of 14 digits", "routes", `{"priority":12345678901234}`, `{"priority":12345678901235}`, false},
		{"PEM", "ssls", `{"cert":"` + pem + `\n"}`, `{"cert":"` + strings.ReplaceAll(pem, `\n`, `\r\n`) + `"}`, true},
		{"another PEM", "ssls", `{"cert":"` + pem + `\n"}`, `{"cert":"` + strings.ReplaceAll(pem, `AAAA`, `AAAB`) + `"}`, false},
		{"a hidden key", "ssls", `{"key":"-----BEGIN KEY-----","keys":["-----BEGIN KEY-----"]}`, `{}`, true},
		{"a ciphered key", "ssls", `{"key":"-----BEGIN KEY-----","keys":["-----BEGIN KEY-----"]}`, `{"key":"8aEf==","keys":["8aEf=="]}`, true},
		{"another key in clear", "ssls", `{"key":"-----BEGIN KEY-----a"}`, `{"key":"-----BEGIN KEY-----b"}`, false},
		{"another reference to a key", "ssls", `{"key":"$secret://vault/1/a/b"}`, `{"key":"$secret://vault/1/a/c"}`, false},
		{"a ciphered client key", "routes", `{"upstream":{"tls":{"client_key":"-----BEGIN KEY-----"}}}`,
			`{"upstream":{"tls":{"client_key":"8aEf=="}}}`, true},
		{"a client key gone", "upstreams", `{"tls":{"client_key":"-----BEGIN KEY-----","client_cert":"c"}}`, `{"tls":{"client_cert":"c"}}`, false},
		{"an API key", "consumers", `{"plugins":{"key-auth":{"key":"k1"}}}`, `{"plugins":{"key-auth":{"key":"k1","header":"apikey"}}}`, true},
		{"another API key", "consumers", `{"plugins":{"key-auth":{"key":"k1"}}}`, `{"plugins":{"key-auth":{"key":"k2"}}}`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key := gateway.Key{Kind: gateway.Kind(test.kind), ID: "1"}
			desired, live := spec(t, test.desired), spec(t, test.live)
			for name, seal := range map[string]func(gateway.Key, map[string]any) map[string]any{"clear": asIs, "sealed": gateway.Seal} {
				aligned, same := align(key, seal(key, desired), seal(key, live), someDefaults(t))
				if same != test.same {
					t.Errorf("%s: same is %v, want %v\naligned %s", name, same, test.same, aligned.Bytes())
				}
			}
			if diff := cmp.Diff(spec(t, test.live), live); diff != "" {
				t.Errorf("live was changed (-before +after):\n%s", diff)
			}
		})
	}
}

func asIs(_ gateway.Key, spec map[string]any) map[string]any { return spec }

func TestAlignKeepsWhatDiffers(t *testing.T) {
	tests := []struct{ name, kind, desired, live, want string }{
		{"in desired's spelling", "upstreams", `{"nodes":[{"host":"b","port":80,"weight":1},{"host":"a","port":80,"weight":1}]}`,
			`{"nodes":{"a:80":1,"b:80":2,"c:80":3}}`,
			`{"nodes":[{"host":"b","port":80,"weight":2},{"host":"a","port":80,"weight":1},{"host":"c","port":80,"weight":3}]}`},
		{"without the defaults", "routes", `{"uri":"/a","desc":"x"}`, `{"uri":"/b","priority":0}`, `{"uri":"/b"}`},
		{"only what differs in a list", "routes", `{"vars":[["a","==",1],["b","==",1]]}`, `{"vars":[["a","==",1],["b","==",2],["c","==",3]]}`,
			`{"vars":[["a","==",1],["b","==",2],["c","==",3]]}`},
		{"in desired's order", "services", `{"hosts":["a","b"]}`, `{"hosts":["c","B"]}`, `{"hosts":["b","c"]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key := gateway.Key{Kind: gateway.Kind(test.kind), ID: "1"}
			aligned, _ := align(key, spec(t, test.desired), spec(t, test.live), someDefaults(t))
			if diff := cmp.Diff(spec(t, test.want), aligned.Spec); diff != "" {
				t.Errorf("aligned (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAlignSecrets(t *testing.T) {
	key := gateway.Key{Kind: gateway.Consumers, ID: "alice"}
	named := gateway.NewSecret("${secret(alice)}", "k1")
	body := func(v any) map[string]any {
		return map[string]any{"plugins": map[string]any{"x": map[string]any{"token": v}}}
	}
	pem := "-----BEGIN KEY-----\nA\n-----END KEY-----"
	tests := []struct {
		name          string
		desired, live any
		same          bool
	}{
		{"live in clear", named, "k1", true},
		{"live sealed", named, gateway.NewSecret("", "k1"), true},
		{"another in clear", named, "k2", false},
		{"another sealed", named, gateway.NewSecret("", "k2"), false},
		{"only live sealed", "k1", gateway.NewSecret("", "k1"), true},
		{"only live sealed, another", "k1", gateway.NewSecret("", "k2"), false},
		{"a number", named, int64(1), false},
		{"unresolved", gateway.UnresolvedSecret("${secret(alice)}"), "k1", false},
		{"PEM with another end", gateway.NewSecret("${secret(p)}", pem+"\n"), pem, true},
		{"another PEM", gateway.NewSecret("${secret(p)}", pem+"\n"), pem + "B", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			aligned, same := align(key, body(test.desired), body(test.live), nil)
			if same != test.same {
				t.Errorf("same is %v, want %v", same, test.same)
			}
			if _, secret := test.desired.(gateway.Secret); secret && bytes.Contains(aligned.Bytes(), []byte("k2")) {
				t.Error("a live text in the place of a secret shows")
			}
		})
	}
}

func TestAlignLeavesOneSidedKeys(t *testing.T) {
	a, b := gateway.Key{Kind: gateway.Routes, ID: "a"}, gateway.Key{Kind: gateway.Routes, ID: "b"}
	desired := gateway.State{a: {Key: a, Spec: spec(t, `{"uri":"/a"}`)}}
	live := gateway.State{b: {Key: b, Spec: spec(t, `{"uri":"/b","priority":0}`)}}
	aligned := gateway.Align(desired, live, someDefaults(t))
	if diff := cmp.Diff(live.Digest(), aligned.Digest()); diff != "" {
		t.Errorf("digest (-want +got):\n%s", diff)
	}
}
