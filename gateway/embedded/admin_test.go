package embedded_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// TestAdminRefusals holds the words that clients decide by.
func TestAdminRefusals(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.put(
		`upstreams/u {"nodes":{"127.0.0.1:1":1}}`, `services/s {"upstream_id":"u"}`, `routes/r {"uri":"/","service_id":"s"}`,
		`global_rules/1 {"plugins":{"cors":{}}}`, `consumers {"username":"jack","plugins":{"key-auth":{"key":"same"}}}`,
	)
	for _, test := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "routes/none", "", 404, `{"message":"Key not found"}`},
		{"DELETE", "routes/none", "", 404, `{"message":"Key not found"}`},
		{"GET", "bogus", "", 404, `Unsupported resource type: bogus`},
		{"PUT", "routes/x", `{"uri":"/","plugins":{"nope":{}}}`, 400, `unknown plugin [nope]`},
		{"PUT", "routes/x", `{"uri":"/","plugins":{},"nope":1}`, 400, `additional properties forbidden, found nope`},
		{"PUT", "routes/x", `{"uri":"/","upstream_id":"nope"}`, 400, `failed to fetch upstream info by upstream id [nope], response code: 404`},
		{"PUT", "routes/x", `{"uri":"/","plugins":{},"create_time":1}`, 400, `the property is forbidden:  create_time`},
		{"PUT", "routes/x", `{"uri":"/","plugins":{},"id":"y"}`, 400, `wrong route id`},
		{"PUT", "routes/x", `{"uri":`, 400, `invalid request body: Expected value but found T_END at character 8`},
		{"POST", "consumers", `{"username":"x"}`, 405, "not supported `POST` method for consumer"},
		{"DELETE", "upstreams/u", "", 400, `can not delete this upstream, service [s] is still using it now`},
		{"DELETE", "services/s", "", 400, `can not delete this service directly, route [r] is still using it now`},
		{"PUT", "global_rules/2", `{"plugins":{"cors":{}}}`, 400, `plugin 'cors' already exists in global rule with id '1'`},
		{"PUT", "consumers", `{"username":"jill","plugins":{"key-auth":{"key":"same"}}}`, 400, `duplicate key of plugin key-auth found with consumer: jack`},
		{"PUT", "consumers/none/credentials/1", `{"plugins":{"key-auth":{"key":"k"}}}`, 404, `consumer not found`},
		{"GET", "consumers/jack/credentials", "", 404, `Key not found`},
		{"GET", "routes?page=1&page_size=9", "", 400, `page_size must be between 10 and 500`},
		{"PUT", "protos/p", `{"content":"` + strings.Repeat("a", 1536<<10) + `"}`, 400, `is greater than the maximum size 1572864 allowed`},
	} {
		if status, body := h.admin(test.method, test.path, test.body); status != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s %s: got %d %s, want %d %s", test.method, test.path, status, body, test.status, test.want)
		}
	}
}

func TestAdminNeedsItsKey(t *testing.T) {
	for _, configured := range []string{"admin", ""} {
		g, err := embedded.New(embedded.Config{AdminKey: configured})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		for _, key := range []string{"", "wrong"} {
			request := httptest.NewRequest(http.MethodGet, "/apisix/admin/routes", nil)
			request.Header.Set("X-API-KEY", key)
			recorder := httptest.NewRecorder()
			if g.AdminHandler().ServeHTTP(recorder, request); recorder.Code != http.StatusUnauthorized {
				t.Errorf("gateway with key %q let key %q in: %d", configured, key, recorder.Code)
			}
		}
	}
}

// TestVersionsStoreDefaults: the newest version stores what was sent, the older one what its schemas add.
func TestVersionsStoreDefaults(t *testing.T) {
	for version, want := range map[string]map[string]any{
		"3.18.0": {"id": "u", "nodes": map[string]any{"a:1": 2.0}},
		"3.13.0": {"id": "u", "nodes": map[string]any{"a:1": 2.0}, "type": "roundrobin", "scheme": "http", "hash_on": "vars", "pass_host": "pass"},
	} {
		h := newHarness(t, embedded.Config{Version: version})
		h.put(`upstreams/u {"nodes":{"a:1":2.0}}`)
		_, body := h.admin(http.MethodGet, "upstreams/u", "")
		var got struct{ Value map[string]any }
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		delete(got.Value, "create_time")
		delete(got.Value, "update_time")
		if diff := cmp.Diff(want, got.Value); diff != "" {
			t.Errorf("%s (-want +got):\n%s", version, diff)
		}
	}
}

// TestSecretsInAnswers: a write answers ciphertext, a read the text; a certificate's key never comes back.
func TestSecretsInAnswers(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	const body = `{"username":"jack","plugins":{"key-auth":{"key":"jacks-key"}}}`
	if _, answer := h.admin(http.MethodPut, "consumers", body); strings.Contains(answer, "jacks-key") {
		t.Errorf("the answer of a write shows the key: %s", answer)
	}
	if _, answer := h.admin(http.MethodGet, "consumers/jack", ""); !strings.Contains(answer, "jacks-key") {
		t.Errorf("the answer of a read hides the key: %s", answer)
	}
	cert, key := certificate(t, "a.example.com")
	ssl, _ := json.Marshal(map[string]any{"sni": "a.example.com", "cert": cert, "key": key})
	h.put("ssls/1 " + string(ssl))
	for _, path := range []string{"ssls/1", "ssls"} {
		if _, answer := h.admin(http.MethodGet, path, ""); strings.Contains(answer, "PRIVATE") || strings.Contains(answer, `"key":"LS`) {
			t.Errorf("%s shows the private key", path)
		}
	}
}

// TestInUseFollowsEveryWrite: the index of references forgets what a write took away.
func TestInUseFollowsEveryWrite(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.put(`upstreams/a {"nodes":{}}`, `upstreams/b {"nodes":{}}`, `routes/1 {"uri":"/","upstream_id":"a"}`)
	h.put(`routes/1 {"uri":"/","plugins":{"traffic-split":{"rules":[{"weighted_upstreams":[{"upstream_id":"b"}]}]}}}`)
	h.remove("upstreams/a")
	if status, body := h.admin(http.MethodDelete, "upstreams/b", ""); status != 400 || !strings.Contains(body, "plugin in route [1]") {
		t.Errorf("got %d %s", status, body)
	}
	h.remove("routes/1", "upstreams/b")
}

// TestConsumerTakesItsCredentialsAlong also frees their keys.
func TestConsumerTakesItsCredentialsAlong(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.put(`consumers {"username":"jack"}`, `consumers/jack/credentials/1 {"plugins":{"key-auth":{"key":"k"}}}`)
	h.remove("consumers/jack")
	h.put(`consumers {"username":"jack"}`, `consumers {"username":"jill","plugins":{"key-auth":{"key":"k"}}}`)
	if status, _ := h.admin(http.MethodGet, "consumers/jack/credentials", ""); status != http.StatusNotFound {
		t.Errorf("a new consumer found the old one's credentials: %d", status)
	}
}

func TestIntercept(t *testing.T) {
	h := newHarness(t, embedded.Config{Intercept: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				http.Error(w, "busy", http.StatusTooManyRequests)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
	if status, _ := h.admin(http.MethodPut, "routes/1", `{"uri":"/","plugins":{}}`); status != http.StatusTooManyRequests {
		t.Errorf("got %d, want the intercepted answer", status)
	}
	if status, _ := h.admin(http.MethodGet, "routes/1", ""); status != http.StatusNotFound {
		t.Errorf("got %d: the intercepted write came through", status)
	}
}

func BenchmarkPut(b *testing.B) {
	for _, count := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			h := newHarness(b, embedded.Config{})
			h.fill(count)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				h.put(fmt.Sprintf(`routes/r%d {"uri":"/route/%d/*","methods":["GET"],"upstream":{"nodes":{"127.0.0.1:80":1}}}`, i%count, i))
			}
		})
	}
}

// BenchmarkList reads all of 20,000 routes after one of them changed.
func BenchmarkList(b *testing.B) {
	h := newHarness(b, embedded.Config{})
	h.fill(20_000)
	b.ReportAllocs()
	for b.Loop() {
		h.put(`routes/r1 {"uri":"/route/1/*",` + mock("x") + `}`)
		if status, _ := h.admin(http.MethodGet, "routes", ""); status != http.StatusOK {
			b.Fatal(status)
		}
	}
}

// TestAListShowsWhatIsStoredNow: what a list keeps of an object must not outlive the object.
func TestAListShowsWhatIsStoredNow(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.fill(1_000)
	for _, want := range []string{"/first", "/second"} {
		h.put(`routes/r5 {"uri":"` + want + `","upstream":{"nodes":{}}}`)
		_, body := h.admin(http.MethodGet, "routes", "")
		var got struct {
			Total int
			List  []struct {
				Value struct{ ID, URI string }
			}
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(got.List, func(item struct {
			Value struct{ ID, URI string }
		}) bool {
			return item.Value.ID == "r5"
		})
		if got.Total != 1_000 || len(got.List) != 1_000 || at < 0 || got.List[at].Value.URI != want {
			t.Errorf("want %s among 1000 routes, have %d of %d, at %d", want, len(got.List), got.Total, at)
		}
	}
}

// fill stores count routes.
func (h *harness) fill(count int) {
	for i := range count {
		h.put(fmt.Sprintf(`routes/r%d {"uri":"/route/%d/*","methods":["GET"],%s}`, i, i, mock("x")))
	}
}

func TestAPageFarBeyondTheEndIsEmpty(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.put(`upstreams/1 {"nodes":{"127.0.0.1:1":1}}`)
	for _, page := range []int64{2, 1 << 62, math.MaxInt64} {
		status, body := h.admin(http.MethodGet, fmt.Sprintf("upstreams?page_size=10&page=%d", page), "")
		if status != http.StatusOK || body != `{"list":{},"total":1}` {
			t.Errorf("page %d: got %d %s", page, status, body)
		}
	}
}
