package embedded_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// served counts which backend answered.
func (h *harness) served(target string, times int) map[string]int {
	got := map[string]int{}
	for range times {
		resp := h.send(http.MethodGet, target)
		got[fmt.Sprint(resp.StatusCode, resp.Header.Get("X-Backend"))]++
	}
	return got
}

func TestRoundRobin(t *testing.T) {
	a, b, dead := backend(t, "A"), backend(t, "B"), deadAddress(t)
	h := newHarness(t, embedded.Config{})
	h.put(
		fmt.Sprintf(`routes/weights {"uri":"/weights","upstream":{"nodes":{%q:3,%q:1}}}`, a, b),
		fmt.Sprintf(`routes/list {"uri":"/list","upstream":{"nodes":[%s,%s]}}`, nodeJSON(a, 1, 0), nodeJSON(b, 0, 0)),
		fmt.Sprintf(`routes/retry {"uri":"/retry","upstream":{"nodes":{%q:1,%q:1}}}`, a, dead),
		fmt.Sprintf(`routes/once {"uri":"/once","upstream":{"retries":0,"nodes":{%q:1,%q:1}}}`, a, dead),
		fmt.Sprintf(`routes/spare {"uri":"/spare","upstream":{"nodes":[%s,%s]}}`, nodeJSON(a, 1, -1), nodeJSON(b, 1, 0)),
		fmt.Sprintf(`upstreams/b {"nodes":{%q:1}}`, b),
		fmt.Sprintf(`routes/split {"uri":"/split","upstream":{"nodes":{%q:1}},"plugins":{"traffic-split":{"rules":[{"weighted_upstreams":[{"upstream_id":"b","weight":1},{"weight":3}]}]}}}`, a),
	)
	for target, want := range map[string]map[string]int{
		"/weights": {"200A": 15, "200B": 5}, "/list": {"200A": 20}, "/retry": {"200A": 20}, "/once": {"200A": 10, "502": 10},
		"/spare": {"200B": 20}, "/split": {"200A": 15, "200B": 5},
	} {
		if got := h.served(target, 20); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", target, got, want)
		}
	}
}

func nodeJSON(address string, weight, priority int) string {
	host, port, _ := strings.Cut(address, ":")
	return fmt.Sprintf(`{"host":%q,"port":%s,"weight":%d,"priority":%d}`, host, port, weight, priority)
}

// TestRetryKeepsTheBody: what a node that can't be reached did not take, the next one gets whole.
func TestRetryKeepsTheBody(t *testing.T) {
	a, dead := backend(t, "A"), deadAddress(t)
	h := newHarness(t, embedded.Config{})
	h.put(fmt.Sprintf(`routes/1 {"uri":"/","upstream":{"nodes":[%s,%s]}}`, nodeJSON(dead, 1, 1), nodeJSON(a, 1, 0)))
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("the whole body"))
	recorder := httptest.NewRecorder()
	h.ProxyHandler().ServeHTTP(recorder, request)
	if recorder.Code != http.StatusOK || !strings.Contains(recorder.Body.String(), `"body":"the whole body"`) {
		t.Errorf("got %d %s", recorder.Code, recorder.Body)
	}
}

func TestReadTimeout(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.put(fmt.Sprintf(`routes/1 {"uri":"/","timeout":{"connect":1,"send":1,"read":0.02},"upstream":{"nodes":{%q:1}}}`, backend(t, "A")))
	if status, _ := h.get("/?sleep=60000"); status != http.StatusGatewayTimeout {
		t.Errorf("got %d, want 504", status)
	}
}

func TestKeyAuth(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.put(
		`consumers {"username":"jack","plugins":{"key-auth":{"key":"of jack"}}}`,
		`consumers {"username":"jill"}`, `consumers/jill/credentials/c {"plugins":{"key-auth":{"key":"of jill"}}}`,
		`consumers {"username":"ref","plugins":{"key-auth":{"key":"$secret://vault/1/key"}}}`,
		`routes/1 {"uri":"/","plugins":{"key-auth":{},"consumer-restriction":{"blacklist":["jack"]},`+strings.TrimPrefix(mock("in"), `"plugins":{`)+`}`,
	)
	check := func(when, key string, want int) {
		t.Helper()
		if status, body := h.get("/", "apikey: "+key); status != want {
			t.Errorf("%s: got %d %s, want %d", when, status, body, want)
		}
	}
	if status, _ := h.get("/"); status != http.StatusUnauthorized {
		t.Errorf("without a key: got %d", status)
	}
	check("a wrong key", "nobody's", http.StatusUnauthorized)
	check("a consumer that is kept out", "of jack", http.StatusForbidden)
	check("a credential", "of jill", http.StatusOK)
	check("the text of a reference is no key", "$secret://vault/1/key", http.StatusUnauthorized)
	h.put(`consumers/jill/credentials/c {"plugins":{"key-auth":{"key":"new"}}}`)
	check("the old key", "of jill", http.StatusUnauthorized)
	check("the new key", "new", http.StatusOK)
	h.remove("consumers/jill")
	check("a key of a deleted consumer", "new", http.StatusUnauthorized)
}

func TestLimitCount(t *testing.T) {
	conf := func(desc string, count int) string {
		return fmt.Sprintf(`routes/1 {"uri":"/","desc":%q,"plugins":{"limit-count":{"count":%d,"time_window":60,"rejected_code":429},%s}`,
			desc, count, strings.TrimPrefix(mock("in"), `"plugins":{`))
	}
	h := newHarness(t, embedded.Config{})
	h.put(conf("", 1))
	var got []int
	take := func() { status, _ := h.get("/"); got = append(got, status) }
	take()
	take()
	h.put(conf("touched", 1))
	take()
	h.put(conf("touched", 2))
	take()
	if want := []int{200, 429, 429, 200}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v: a changed configuration starts anew, the same one does not", got, want)
	}
}

func TestRewrites(t *testing.T) {
	a := backend(t, "A")
	h := newHarness(t, embedded.Config{})
	h.put(
		fmt.Sprintf(`routes/1 {"uri":"/in/*","upstream":{"nodes":{%q:1}},"plugins":{"proxy-rewrite":{"regex_uri":["^/in/(.*)/(.*)","/$2/$1x"],"headers":{"set":{"X-Set":"$remote_addr"},"remove":["X-Gone"]}}}}`, a),
		fmt.Sprintf(`routes/2 {"uri":"/body","upstream":{"nodes":{%q:1}},"plugins":{"response-rewrite":{"status_code":201,"body":"new","headers":{"remove":["X-Backend"]}}}}`, a),
		fmt.Sprintf(`routes/3 {"uri":"/filter","upstream":{"nodes":{%q:1}},"plugins":{"response-rewrite":{"filters":[{"regex":"GET","replace":"GOT","scope":"global"}]}}}`, a),
		`routes/4 {"uri":"/away","plugins":{"redirect":{"uri":"/to${uri}?x=$arg_x","ret_code":301}}}`,
	)
	if _, body := h.get("/in/a/b?q=1", "X-Gone: 1"); !strings.Contains(body, `"path":"/b/ax?q=1"`) || !strings.Contains(body, `"X-Set":"192.0.2.1"`) ||
		strings.Contains(body, "X-Gone") {
		t.Errorf("the upstream got %s", body)
	}
	resp := h.send(http.MethodGet, "/body")
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 201 || string(body) != "new" || resp.Header.Get("X-Backend") != "" || resp.Header.Get("Content-Length") != "3" {
		t.Errorf("got %d %q %v", resp.StatusCode, body, resp.Header)
	}
	if _, body := h.get("/filter"); !strings.Contains(body, `"method":"GOT"`) {
		t.Errorf("the filter left %s", body)
	}
	if resp := h.send(http.MethodGet, "/away?x=1"); resp.StatusCode != 301 || resp.Header.Get("Location") != "/to/away?x=1" {
		t.Errorf("got %d %s", resp.StatusCode, resp.Header.Get("Location"))
	}
}

// TestTrafficDuringWrites runs writes, restless references and traffic side by side, for the race detector; nothing may
// get an answer that no order of the writes explains.
func TestTrafficDuringWrites(t *testing.T) {
	h := newHarness(t, embedded.Config{Workers: 3})
	h.put(`upstreams/u {"nodes":{}}`, `routes/1 {"uri":"/","upstream_id":"u"}`)
	var all sync.WaitGroup
	for part := range 4 {
		all.Go(func() {
			for i := range 50 {
				h.put(
					fmt.Sprintf(`consumers {"username":"c%d","plugins":{"key-auth":{"key":"%d-%d"}}}`, part, part, i),
					fmt.Sprintf(`routes/p%d {"uri":"/p%d","plugins":{"key-auth":{},"limit-count":{"count":%d,"time_window":1}}}`, part, part, i+1),
					`upstreams/u {"nodes":{}}`, fmt.Sprintf(`services/s%d {"hosts":["h%d"]}`, part, i),
				)
				h.remove(fmt.Sprintf("services/s%d", part))
			}
		})
		all.Go(func() {
			for range 200 {
				if status, _ := h.get("/"); status != http.StatusServiceUnavailable {
					t.Errorf("got %d from a route that never changed", status)
				}
				h.get(fmt.Sprintf("/p%d", part))
				h.admin(http.MethodGet, "routes", "")
			}
		})
	}
	all.Wait()
}

func BenchmarkRoute(b *testing.B) {
	for _, count := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			h := newHarness(b, embedded.Config{})
			h.fill(count)
			handler, request := h.ProxyHandler(), httptest.NewRequest(http.MethodGet, fmt.Sprintf("/route/%d/x", count/2), nil)
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(httptest.NewRecorder(), request)
			}
		})
	}
}

// BenchmarkRebuild is what the first request after a write pays.
func BenchmarkRebuild(b *testing.B) {
	h := newHarness(b, embedded.Config{Workers: 1})
	h.fill(10_000)
	handler, request := h.ProxyHandler(), httptest.NewRequest(http.MethodGet, "/route/5/x", nil)
	for b.Loop() {
		h.put(`routes/r1 {"uri":"/route/1/*",` + mock("x") + `}`)
		handler.ServeHTTP(httptest.NewRecorder(), request)
	}
}

// TestAFilteredBodyThatBreaksOffIsSeenToBreakOff: what is cut short must not pass for whole because a plugin looked at it.
func TestAFilteredBodyThatBreaksOffIsSeenToBreakOff(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "the beginning")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(upstream.Close)
	h := newHarness(t, embedded.Config{})
	h.put(fmt.Sprintf(`routes/1 {"uri":"/","upstream":{"nodes":{%q:1}},"plugins":{"response-rewrite":{"filters":[{"regex":"a","replace":"b"}]}}}`,
		strings.TrimPrefix(upstream.URL, "http://")))
	front := httptest.NewServer(h.ProxyHandler())
	t.Cleanup(front.Close)
	resp, err := http.Get(front.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("the client reads %q as the whole answer", body)
	}
}

// TestRestartsDuringTraffic mixes everything that touches the workers' views. The race detector watches, and what is put last
// is served in the end.
func TestRestartsDuringTraffic(t *testing.T) {
	h := newHarness(t, embedded.Config{
		Standalone: true, Workers: 3, Lag: func(int, gateway.Kind) time.Duration { return 100 * time.Microsecond },
	})
	done := make(chan struct{})
	var traffic sync.WaitGroup
	for range 2 {
		traffic.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if status, body := h.get("/"); status != http.StatusNotFound && (status != http.StatusOK || !strings.HasPrefix(body, "v")) {
					t.Errorf("got %d %s", status, body)
					return
				}
			}
		})
	}
	for i := range 60 {
		h.document(fmt.Sprint(i), routeDocument(fmt.Sprint("v", i)), http.StatusAccepted)
		if i%3 == 0 {
			h.Restart()
		}
	}
	if err := h.Quiesce(t.Context()); err != nil {
		t.Error(err)
	}
	close(done)
	traffic.Wait()
	if status, body := h.get("/"); status != http.StatusOK || body != "v59" {
		t.Errorf("in the end: got %d %s, want what was put last", status, body)
	}
}
