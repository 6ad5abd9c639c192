package apisix

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

func TestLiveReadsEverything(t *testing.T) {
	list := func(items ...string) []answer {
		return []answer{{status: 200, body: fmt.Sprintf(`{"total":%d,"list":[%s]}`, len(items), strings.Join(items, ","))}}
	}
	item := func(key, value string) string {
		return `{"modifiedIndex":3,"key":"/any/prefix/` + key + `","value":` + value + `}`
	}
	f := &fake{answers: map[string][]answer{
		"GET /apisix/admin/routes": list(item("routes/r.1", `{"id":"r.1","uri":"/a","priority":1e1,"create_time":1,"update_time":2}`)),
		"GET /apisix/admin/services": list(item("services/s", `{"id":"s"}`),
			item("services/s/graphql_cost_decorations/d", `{"id":"d","field_path":"a"}`)),
		"GET /apisix/admin/consumers":                   list(item("consumers/al", `{"username":"al","create_time":1}`), item("consumers/bo", `{"username":"bo"}`)),
		"GET /apisix/admin/consumers/al/credentials":    list(item("consumers/al/credentials/c1", `{"id":"c1","plugins":{"key-auth":{"key":"k1"}}}`)),
		"GET /apisix/admin/consumers/bo/credentials":    {{status: 404, body: absent}},
		"GET /apisix/admin/secrets":                     list(item("secrets/vault/1", `{"id":"vault/1","token":"t"}`)),
		"GET /apisix/admin/stream_routes":               {{status: 400, body: `{"error_msg":"stream mode is disabled, can not add stream routes"}`}},
		"GET /apisix/admin/plugin_metadata":             list(item("plugin_metadata/http-logger", `{"id":"http-logger","auth":"cipher"}`)),
		"GET /apisix/admin/plugin_metadata/http-logger": {{status: 200, body: item("plugin_metadata/http-logger", `{"id":"http-logger","auth":"clear"}`)}},
		"GET /apisix/admin/upstreams":                   {{status: 200, body: `{"list":{},"total":0}`}},
		"*":                                             {{status: 200, body: empty}},
	}}
	live, err := newGateway(t, f, nil).Live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for key, r := range live {
		got[key.String()] = gateway.Show(r.Spec)
	}
	want := map[string]string{
		"routes/r.1": `{"priority":10,"uri":"/a"}`, "services/s": `{}`, "consumers/al": `{}`, "consumers/bo": `{}`,
		"credentials/al/c1": `{"plugins":{"key-auth":{"key":"***"}}}`, "secrets/vault/1": `{"token":"***"}`,
		"plugin_metadata/http-logger": `{"auth":"clear"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("live (-want +got):\n%s", diff)
	}
}

func TestReadOnlyAsksForItsKeys(t *testing.T) {
	f := &fake{answers: map[string][]answer{
		"GET /apisix/admin/routes/a": {{status: 200, body: `{"value":{"uri":"/a"}}`}},
		"*":                          {{status: 404, body: absent}},
	}}
	a, b := gateway.Key{Kind: gateway.Routes, ID: "a"}, gateway.Key{Kind: gateway.Routes, ID: "b"}
	live, err := newGateway(t, f, nil).Read(t.Context(), []gateway.Key{a, b, a})
	if err != nil || len(live) != 1 || len(live[a].Spec) != 1 {
		t.Errorf("read %v, %v", live, err)
	}
	if got := len(f.seen("GET")); got != 2 {
		t.Errorf("%d requests for two keys", got)
	}
}

func TestPutSendsTheBody(t *testing.T) {
	tests := []struct{ key, body, path, sent string }{
		{"routes/r1", `{"uri":"/a?b&c","priority":1e1}`, "/routes/r1", `{"priority":10,"uri":"/a?b&c"}`},
		{"consumers/alice", `{"desc":"x"}`, "/consumers/alice", `{"desc":"x","username":"alice"}`},
		{"credentials/alice/c1", `{"plugins":{"key-auth":{"key":"k1"}}}`, "/consumers/alice/credentials/c1", `{"plugins":{"key-auth":{"key":"k1"}}}`},
		{"secrets/vault/1", `{"token":"t"}`, "/secrets/vault/1", `{"token":"t"}`},
		{"services/a b%", `{}`, "/services/a%20b%25", `{}`},
	}
	for _, test := range tests {
		t.Run(test.key, func(t *testing.T) {
			f := &fake{answers: map[string][]answer{"*": {{status: 201}}}}
			if err := newGateway(t, f, nil).Put(t.Context(), resource(t, test.key, test.body)); err != nil {
				t.Fatal(err)
			}
			sent := f.trips[0]
			if sent.path != "/apisix/admin"+test.path || strings.TrimSpace(sent.body) != test.sent {
				t.Errorf("sent %s %s", sent.path, sent.body)
			}
			if sent.header.Get("X-API-KEY") != adminKey {
				t.Error("without the admin key")
			}
		})
	}
}

func TestKeysThatNameNothing(t *testing.T) {
	f := &fake{}
	g := newGateway(t, f, nil)
	for _, key := range []gateway.Key{
		{Kind: gateway.Routes}, {Kind: gateway.Routes, ID: ".."}, {Kind: gateway.Routes, ID: "."}, {Kind: gateway.Routes, ID: "a/b"},
		{Kind: gateway.Credentials, ID: "alice"}, {Kind: gateway.Credentials, ID: "alice/"}, {Kind: gateway.Secrets, ID: "vault/../x"},
		{Kind: "plugins", ID: "reload"},
	} {
		if err := g.Delete(t.Context(), key); classOf(t, err) != gateway.Refused {
			t.Errorf("delete of %q: %v", key, err)
		}
	}
	if len(f.trips) != 0 {
		t.Errorf("sent %v", f.trips)
	}
}

func TestSecretsAreScrubbed(t *testing.T) {
	key := gateway.Key{Kind: gateway.Consumers, ID: "alice"}
	secret := gateway.NewSecret("${secret(alice)}", "p\"w\nd<1>")
	r := gateway.Resource{Key: key, Spec: map[string]any{"plugins": map[string]any{"x": []any{secret}}}}
	says := `{"error_msg":"no p\"w\nd<1> and ` + adminKey + ` please","description":"as p\\\"w\\nd<1>"}`
	f := &fake{answers: map[string][]answer{"*": {{status: 400, body: says}}}}
	err := newGateway(t, f, nil).Put(t.Context(), r)
	if err == nil || !strings.Contains(err.Error(), "no *** and *** please: as ***") {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(f.trips[0].body, `p\"w\nd<1>`) {
		t.Errorf("the request lacks the secret: %s", f.trips[0].body)
	}
	r.Spec = map[string]any{"x": gateway.UnresolvedSecret("${secret(y)}")}
	if err := newGateway(t, f, nil).Put(t.Context(), r); classOf(t, err) != gateway.Refused || len(f.trips) != 1 {
		t.Errorf("an unknown secret was sent: %v", err)
	}
}

// TestAKeyThatIsRepeatedIsHidden: what looks at the admin key may repeat it in any answer, and in those to a validation too.
func TestAKeyThatIsRepeatedIsHidden(t *testing.T) {
	says := "you sent " + adminKey
	for name, body := range map[string]string{
		"as a whole":      `{"error_msg":"` + says + `"}`,
		"of a resource":   `{"error_msg":"x","errors":[{"resource_type":"routes","index":0,"error":"` + says + `"}]}`,
		"of nothing":      `{"error_msg":"x","errors":[{"resource_type":"routes","index":9,"error":"` + says + `"}]}`,
		"of another form": `{"error_msg":["` + says + `"]}`,
	} {
		g, _ := validator(t, answer{status: 400, body: body}, answer{status: 400, body: body}, answer{status: 400, body: body},
			answer{status: 400, body: body}, answer{status: 400, body: body}, answer{status: 400, body: body})
		faults, err := g.Validate(t.Context(), []gateway.Resource{resource(t, "routes/a", `{"uri":"/a"}`)})
		text := fmt.Sprint(faults, err)
		if len(faults) == 0 && err == nil {
			t.Errorf("%s: nothing is refused", name)
		}
		if strings.Contains(text, adminKey) || strings.Contains(text, "Go ") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestReasonsSteerNoTerminal(t *testing.T) {
	f := &fake{answers: map[string][]answer{"*": {{status: 400, body: `{"error_msg":"a\u001b[31m b\u202ec\u0085d"}`}}}}
	err := newGateway(t, f, nil).Delete(t.Context(), gateway.Key{Kind: gateway.Routes, ID: "r"})
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\u202e") || !strings.Contains(err.Error(), "[31m b") {
		t.Errorf("%q", err)
	}
}

func TestReasonsAreShort(t *testing.T) {
	f := &fake{answers: map[string][]answer{"*": {{status: 400, body: strings.Repeat("né\n", 1000), html: true}}}}
	err := newGateway(t, f, nil).Delete(t.Context(), gateway.Key{Kind: gateway.Routes, ID: "r"})
	if text := err.Error(); strings.Contains(text, "\n") || len([]rune(text)) > 350 {
		t.Errorf("%d characters: %q", len(text), text)
	}
}

func TestKeyIsReadEachTime(t *testing.T) {
	f := &fake{answers: map[string][]answer{"*": {{status: 201}}}}
	var reads atomic.Int64
	g := newGateway(t, f, func(c *Config) {
		c.AdminKey = func() (gateway.Secret, error) { return gateway.NewSecret("", fmt.Sprint("key-", reads.Add(1))), nil }
	})
	for range 2 {
		if err := g.Put(t.Context(), resource(t, "routes/r", `{}`)); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.trips[1].header.Get("X-API-KEY"); got != "key-2" {
		t.Errorf("second request with %q", got)
	}
}

func TestDefaultsAreReadOnceAVersion(t *testing.T) {
	json := func(body string) []answer { return []answer{{status: 200, body: body}} }
	f := &fake{answers: map[string][]answer{
		"GET /apisix/admin/schema/route":      json(`{"properties":{"priority":{"default":0}}}`),
		"GET /apisix/admin/schema/credential": {{status: 400, body: `{"error_msg":"not found schema: credential"}`}},
		"GET /apisix/admin/plugins":           json(`{"cors":{"schema":{"properties":{"max_age":{"default":5}}}},"multi-auth":{},"limit-count":{"schema":{"properties":{"policy":{"default":"local"}},"else":{"then":{"properties":{"a":{"default":1}}}}}}}`),
		"HEAD /apisix/admin":                  {{status: 200}, {status: 200}, {status: 200, header: map[string]string{"Server": "APISIX/3.19.0"}}},
		"*":                                   json(`{}`),
	}}
	g := newGateway(t, f, nil)
	var defaults gateway.Defaults
	for i, want := range []int{13, 13, 26} {
		var err error
		if defaults, err = g.Defaults(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(f.seen("GET")); got != want {
			t.Errorf("call %d: %d requests, want %d", i+1, got, want)
		}
	}
	for _, test := range []struct {
		path string
		want any
	}{
		{"priority", int64(0)}, {"plugins.cors.max_age", int64(5)}, {"plugins.cors.nope", nil}, {"plugins.limit-count.a", int64(1)},
		{"plugins.workflow.rules[1].actions[0][1].policy", "local"},
	} {
		path, err := gateway.ParsePath(test.path)
		if err != nil {
			t.Fatal(err)
		}
		got := defaults(gateway.Key{Kind: gateway.Routes, ID: "r"}, path)
		if want := slices.DeleteFunc([]any{test.want}, func(v any) bool { return v == nil }); !slices.Equal(got, want) {
			t.Errorf("defaults of %s are %v, want %v", test.path, got, want)
		}
	}
}

func TestNoMoreAtOnceThanAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		slow := tripper(func() answer {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second)
			now.Add(-1)
			return answer{status: 201}
		})
		g := newGateway(t, slow, func(c *Config) { c.Parallel = 3 })
		start := time.Now()
		done := make(chan error)
		for i := range 9 {
			go func() { done <- g.Put(t.Context(), resource(t, fmt.Sprint("routes/r", i), `{}`)) }()
		}
		for range 9 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if most.Load() != 3 || time.Since(start) != 3*time.Second {
			t.Errorf("%d at once, all in %v", most.Load(), time.Since(start))
		}
	})
}

// TestRealConnections meets what only a real server can do.
func TestRealConnections(t *testing.T) {
	var elsewhere atomic.Bool
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Store(true) }))
	defer evil.Close()
	var puts atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case req.URL.Path == "/apisix/admin/routes":
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"list":[`)
		case req.Method == http.MethodPut && puts.Add(1) == 1:
			panic(http.ErrAbortHandler)
		case req.Method == http.MethodPut:
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, envelopes[http.MethodPut])
		case req.Method == http.MethodGet && strings.Count(req.URL.Path, "/") == 3:
			fmt.Fprint(w, empty)
		case req.Method == http.MethodDelete:
			http.Redirect(w, req, evil.URL, http.StatusTemporaryRedirect)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, absent)
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	g := newGateway(t, server.Client().Transport, func(c *Config) { c.AdminURL, c.Retries = server.URL+"/apisix/admin/", 1 })
	if live, err := g.Live(t.Context()); classOf(t, err) != gateway.Unreachable || live != nil {
		t.Errorf("a list cut short gives %v, %v", live, err)
	}
	if err := g.Put(t.Context(), resource(t, "routes/r", `{}`)); err != nil || puts.Load() != 2 {
		t.Errorf("a PUT whose connection broke: %v after %d", err, puts.Load())
	}
	if err := g.Delete(t.Context(), gateway.Key{Kind: gateway.Routes, ID: "r"}); err == nil || elsewhere.Load() {
		t.Errorf("a redirect was followed: %v", err)
	}
	distrusting := newGateway(t, nil, func(c *Config) { c.AdminURL, c.Retries = server.URL, -1 })
	if _, err := distrusting.Version(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority gives %v", err)
	}
}

func TestNewRefusesABadConfig(t *testing.T) {
	key := func() (gateway.Secret, error) { return gateway.Secret{}, nil }
	for _, cfg := range []Config{
		{AdminKey: key}, {AdminKey: key, AdminURL: "eu-admin:9180"}, {AdminKey: key, AdminURL: "ftp://eu"}, {AdminURL: "http://eu"},
		{AdminKey: key, AdminURL: "http://user:pw@eu"}, {AdminKey: key, AdminURL: "http://eu?api_key=x"},
		{AdminKey: key, AdminURL: "https://eu", Sentinel: Sentinel{Path: "sentinel"}}, {AdminKey: key, AdminURL: "https://eu", Sentinel: Sentinel{Host: "a"}},
		{AdminKey: key, AdminURL: "https://eu", TLS: admin.TLS{CAFile: "/nonexistent"}}, {AdminKey: key, AdminURL: "https://eu", TLS: admin.TLS{CertFile: "/nonexistent"}},
	} {
		if g, err := New(cfg); err == nil {
			t.Errorf("%+v gives %v", cfg.AdminURL, g.base)
		} else if strings.Contains(err.Error(), "pw") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}
