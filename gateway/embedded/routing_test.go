package embedded_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway/embedded"
)

func TestRouting(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.put(
		`services/hosted {"hosts":["s.example.com"]}`,
		`routes/all {"uri":"/*",`+mock("all")+`}`,
		`routes/exact {"uri":"/a/b",`+mock("exact")+`}`,
		`routes/prefix {"uri":"/a/*","priority":9,`+mock("prefix")+`}`,
		`routes/longer {"uri":"/a/long/*",`+mock("longer")+`}`,
		`routes/host {"uri":"/*","host":"x.example.com",`+mock("host")+`}`,
		`routes/wild {"uri":"/*","host":"*.example.com",`+mock("wild")+`}`,
		`routes/hosted {"uri":"/h","service_id":"hosted",`+mock("hosted")+`}`,
		`routes/post {"uri":"/m","methods":["POST"],`+mock("post")+`}`,
		`routes/vars {"uri":"/v","vars":[["arg_v","==","1"],["http_x_user","~~","^adm"]],`+mock("vars")+`}`,
		`routes/or {"uri":"/or","vars":["OR",["arg_n",">",5],["cookie_c","in",["1","2"]],["arg_x","!","has","a"]],`+mock("or")+`}`,
		`routes/second {"uri":"/p","priority":1,`+mock("second")+`}`,
		`routes/first {"uri":"/p","priority":2,`+mock("first")+`}`,
		`routes/off {"uri":"/p","priority":3,"status":0,`+mock("off")+`}`,
		`routes/z {"uri":"/same",`+mock("came first")+`}`,
		`routes/b {"uri":"/same",`+mock("came second")+`}`,
		`routes/away {"uri":"/ip","remote_addr":"10.0.0.0/8",`+mock("away")+`}`,
		`routes/middle {"uri":"/mid/*/end",`+mock("middle")+`}`,
	)
	for _, test := range []struct{ name, target, header, want string }{
		{"exact beats a longer priority", "/a/b", "", "exact"},
		{"prefix", "/a/c", "", "prefix"},
		{"a longer prefix beats a priority", "/a/long/x", "", "longer"},
		{"the rest", "/else", "", "all"},
		{"dots and doubled slashes", "//a/x/../b", "", "exact"},
		{"escaped letters", "/%61/b", "", "exact"},
		{"exact host beats all", "http://X.example.com:99/a/b", "", "host"},
		{"wildcard host", "http://y.z.example.com/a/b", "", "wild"},
		{"a wildcard is no bare domain", "http://example.com/a/b", "", "exact"},
		{"host of the service", "http://s.example.com/h", "", "hosted"},
		{"not under another host", "http://t.example.org/h", "", "all"},
		{"the method falls through", "/m", "", "all"},
		{"vars, all of them", "/v?v=1", "X-User: admin", "vars"},
		{"vars, one fails", "/v?v=1", "X-User: guest", "all"},
		{"or, a number", "/or?n=6&x=a", "", "or"},
		{"or, a list", "/or?x=a", "Cookie: c=2", "or"},
		{"or, none", "/or?n=5&x=a", "", "all"},
		{"priority, and no disabled route", "/p", "", "first"},
		{"equals: who came first", "/same", "", "came first"},
		{"address", "/ip", "", "all"},
		{"a star in the middle", "/mid/x/end", "", "middle"},
		{"a star in the middle, not the end", "/mid/x/other", "", "all"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if status, body := h.get(test.target, test.header); status != http.StatusOK || body != test.want {
				t.Errorf("got %d %q, want %q", status, body, test.want)
			}
		})
	}
}

func TestNoRoute(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	if status, body := h.get("/"); status != http.StatusNotFound || body != `{"error_msg":"404 Route Not Found"}` {
		t.Errorf("got %d %s", status, body)
	}
}

// TestMissingReferences removes by force what routes refer to. Every answer differs from the one before.
func TestMissingReferences(t *testing.T) {
	cert, key := certificate(t, "client")
	ssl, _ := json.Marshal(map[string]any{"type": "client", "cert": cert, "key": key})
	h := newHarness(t, embedded.Config{})
	h.put(
		`upstreams/u {"nodes":{}}`, `services/s {"hosts":["s.example.com"]}`, `plugin_configs/p {"plugins":{}}`,
		`consumer_groups/g {"plugins":{}}`, `consumers {"username":"jack","group_id":"g","plugins":{"key-auth":{"key":"k"}}}`,
		"ssls/c "+string(ssl), `upstreams/tls {"scheme":"https","nodes":{},"tls":{"client_cert_id":"c"}}`,
		`routes/upstream {"uri":"/upstream","upstream_id":"u"}`,
		`routes/service {"uri":"/service","service_id":"s"}`,
		`routes/other {"uri":"/service",`+mock("other")+`}`,
		`routes/config {"uri":"/config","plugin_config_id":"p",`+mock("config")+`}`,
		`routes/group {"uri":"/group","plugins":{"key-auth":{},`+strings.TrimPrefix(mock("group"), `"plugins":{`)+`}`,
		`routes/none {"uri":"/none","plugins":{}}`,
		`routes/certificate {"uri":"/certificate","upstream_id":"tls"}`,
		`routes/split {"uri":"/split",`+mock("split")+`}`,
	)
	want := func(when, target string, want int) {
		t.Helper()
		if status, body := h.get(target, "apikey: k"); status != want {
			t.Errorf("%s: %s: got %d %s, want %d", when, target, status, body, want)
		}
	}
	for _, path := range []string{"/config", "/group", "/split"} {
		want("nothing is missing", path, http.StatusOK)
	}
	want("an upstream without nodes", "/upstream", http.StatusServiceUnavailable)
	want("no upstream at all", "/none", http.StatusServiceUnavailable)
	want("the host of the service", "http://else.example.com/service", http.StatusOK)
	h.remove("upstreams/u?force=true", "services/s?force=true", "plugin_configs/p?force=true", "consumer_groups/g?force=true")
	want("no upstream", "/upstream", http.StatusBadGateway)
	want("no plugin config", "/config", http.StatusServiceUnavailable)
	want("no consumer group", "/group", http.StatusServiceUnavailable)
	want("no service, which takes the other host's requests along", "http://else.example.com/service", http.StatusNotFound)
	resp := h.send(http.MethodGet, "http://s.example.com/service")
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusNotFound || kind != "text/html; charset=utf-8" {
		t.Errorf("no service: got %d %s, want the server's own page of 404", resp.StatusCode, kind)
	}
	h.put(`routes/split {"uri":"/split","plugins":{"traffic-split":{"rules":[{"match":[{"vars":[["arg_x","==","1"]]}],` +
		`"weighted_upstreams":[{"upstream_id":"nope","weight":0},{"weight":1}]}]},` + strings.TrimPrefix(mock("split"), `"plugins":{`) + `}`)
	want("no upstream in traffic-split, at weight 0, in a rule that does not match", "/split", http.StatusInternalServerError)
	want("the certificate is there, the nodes are not", "/certificate", http.StatusServiceUnavailable)
	h.put(`upstreams/tls {"scheme":"https","nodes":{"127.0.0.1:1":1},"tls":{"client_cert_id":"c"}}`)
	h.remove("ssls/c?force=true")
	want("no client certificate", "/certificate", http.StatusBadGateway)
}

func TestPluginPrecedence(t *testing.T) {
	from := func(where string) string {
		return `"plugins":{"response-rewrite":{"headers":{"set":{"X-From":"` + where + `"}}}}`
	}
	h := newHarness(t, embedded.Config{})
	h.put(
		`services/s {`+from("service")+`}`, `plugin_configs/p {`+from("plugin config")+`}`, `consumer_groups/g {`+from("group")+`}`,
		`global_rules/1 {"plugins":{"key-auth":{"anonymous_consumer":"nobody"}}}`,
		`consumers {"username":"nobody"}`,
		`consumers {"username":"jack","group_id":"g","plugins":{"key-auth":{"key":"jack"}}}`,
		`consumers {"username":"jill","group_id":"g","plugins":{"key-auth":{"key":"jill"},"response-rewrite":{"headers":{"set":{"X-From":"consumer"}}}}}`,
		`routes/1 {"uri":"/service","service_id":"s"}`,
		`routes/2 {"uri":"/config","service_id":"s","plugin_config_id":"p"}`,
		`routes/3 {"uri":"/route","service_id":"s","plugin_config_id":"p",`+from("route")+`}`,
		`routes/4 {"uri":"/off","service_id":"s","plugins":{"response-rewrite":{"_meta":{"disable":true}}}}`,
	)
	for _, test := range []struct{ target, key, want string }{
		{"/service", "", "service"}, {"/config", "", "plugin config"}, {"/route", "", "route"}, {"/off", "", ""},
		{"/route", "jack", "group"}, {"/route", "jill", "consumer"},
	} {
		var headers []string
		if test.key != "" {
			headers = []string{"apikey: " + test.key}
		}
		if got := h.send(http.MethodGet, test.target, headers...).Header.Get("X-From"); got != test.want {
			t.Errorf("%s with key %q: got %q, want %q", test.target, test.key, got, test.want)
		}
	}
}
