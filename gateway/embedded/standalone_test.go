package embedded_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// document puts a document under a digest, and wants a status.
func (h *harness) document(digest, body string, want int) {
	h.t.Helper()
	request := httptest.NewRequest(http.MethodPut, "/apisix/admin/configs", strings.NewReader(body))
	request.Header.Set("X-API-KEY", "admin")
	request.Header.Set("X-Digest", digest)
	recorder := httptest.NewRecorder()
	h.AdminHandler().ServeHTTP(recorder, request)
	if recorder.Code != want {
		h.t.Fatalf("put %s: got %d %s, want %d", body, recorder.Code, recorder.Body, want)
	}
}

// routeDocument is a document with one route that answers with a text.
func routeDocument(text string) string {
	return `{"routes":[{"id":"r","uri":"/",` + mock(text) + `}]}`
}

func TestADocumentIsFollowedKindByKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, embedded.Config{Standalone: true, Lag: slowUpstreams})
		h.document("1", `{"routes":[{"id":"r","uri":"/","upstream_id":"u"}],"upstreams":[{"id":"u","nodes":{}}]}`, http.StatusAccepted)
		for _, test := range []struct {
			after time.Duration
			want  int
		}{{5, http.StatusNotFound}, {15, http.StatusBadGateway}, {45, http.StatusServiceUnavailable}} {
			time.Sleep(test.after * time.Millisecond)
			if status, _ := h.get("/"); status != test.want {
				t.Errorf("%v ms later: got %d, want %d", int64(test.after), status, test.want)
			}
		}
	})
}

func TestARefusedDocumentChangesNothing(t *testing.T) {
	h := newHarness(t, embedded.Config{Standalone: true})
	h.document("1", routeDocument("old"), http.StatusAccepted)
	for _, bad := range []string{
		`{"routes":[{"id":"r","uri":"/",` + mock("new") + `},{"id":"x","uri":1}]}`,
		`{"routes":[{"id":"r","uri":"/",` + mock("new") + `}],"ssls":[{"id":"s"}]}`,
		`{"routes":[{"id":"r","uri":"/",` + mock("new") + `}],"services_conf_version":"1"}`,
		`{"routes":null}`, `{"routes":"x"}`, `{`,
	} {
		h.document("2", bad, http.StatusBadRequest)
		if status, body := h.get("/"); status != http.StatusOK || body != "old" {
			t.Errorf("after %s: got %d %s", bad, status, body)
		}
	}
	h.document("2", `{"routes":{"r":{"uri":"/"}}}`, http.StatusAccepted)
	if status, _ := h.get("/"); status != http.StatusNotFound {
		t.Errorf("a map in the place of the list empties the section, got %d", status)
	}
}

// TestAnUnchangedModifiedIndexKeepsTheObject shows it by a counter, which a fresh object of another configuration loses.
func TestAnUnchangedModifiedIndexKeepsTheObject(t *testing.T) {
	h := newHarness(t, embedded.Config{Standalone: true})
	route := func(index, count int) string {
		return fmt.Sprintf(`{"routes":[{"id":"r","uri":"/","modifiedIndex":%d,"plugins":{"limit-count":{"count":%d,"time_window":60},`+
			strings.TrimPrefix(mock("in"), `"plugins":{`)+`}]}`, index, count)
	}
	h.document("1", route(1, 1), http.StatusAccepted)
	h.get("/")
	h.document("2", route(1, 5), http.StatusAccepted)
	if status, _ := h.get("/"); status != http.StatusServiceUnavailable {
		t.Errorf("the same modifiedIndex: got %d, want the old limit", status)
	}
	h.document("3", route(2, 5), http.StatusAccepted)
	if status, _ := h.get("/"); status != http.StatusOK {
		t.Errorf("another modifiedIndex: got %d, want the new limit", status)
	}
}

func TestRestartForgetsTheDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, embedded.Config{Standalone: true, Lag: func(int, gateway.Kind) time.Duration { return time.Second }})
		h.document("1", routeDocument("first"), http.StatusAccepted)
		if err := h.Quiesce(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.document("2", routeDocument("second"), http.StatusAccepted)
		h.Restart()
		time.Sleep(2 * time.Second)
		if status, _ := h.get("/"); status != http.StatusNotFound {
			t.Errorf("got %d: what waited at the restart came through it", status)
		}
		if _, body := h.admin(http.MethodGet, "configs", ""); strings.Contains(body, `"routes"`) || !strings.Contains(body, `"routes_conf_version":0`) {
			t.Errorf("the document outlived the restart: %s", body)
		}
		h.document("2", routeDocument("again"), http.StatusAccepted)
		time.Sleep(2 * time.Second)
		if status, body := h.get("/"); status != http.StatusOK || body != "again" {
			t.Errorf("after the refill: got %d %s", status, body)
		}
	})
}

// TestReadyOnceEveryWorkerHasLoaded goes from an empty gateway over a document to a restart and back.
func TestReadyOnceEveryWorkerHasLoaded(t *testing.T) {
	for _, standalone := range []bool{false, true} {
		h := started(t, embedded.Config{Standalone: standalone, StatusAddr: "127.0.0.1:0"})
		ready := func() int {
			resp, err := http.Get(h.StatusURL() + "/status/ready")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			_, _ = io.Copy(io.Discard, resp.Body)
			return resp.StatusCode
		}
		loaded, empty := http.StatusOK, http.StatusOK
		if standalone {
			empty = http.StatusServiceUnavailable
		}
		if got := ready(); got != empty {
			t.Errorf("standalone %v, just started: got %d, want %d", standalone, got, empty)
		}
		if standalone {
			h.document("1", `{}`, http.StatusAccepted)
		}
		if got := ready(); got != loaded {
			t.Errorf("standalone %v, loaded: got %d", standalone, got)
		}
		h.Restart()
		if got := ready(); got != empty {
			t.Errorf("standalone %v, restarted: got %d, want %d", standalone, got, empty)
		}
	}
}

func TestRestartReadsTheStoreAfresh(t *testing.T) {
	h := newHarness(t, embedded.Config{})
	h.put(`routes/z {"uri":"/",`+mock("z")+`}`, `routes/b {"uri":"/",`+mock("b")+`}`)
	if _, body := h.get("/"); body != "z" {
		t.Errorf("before: got %s, want the route that came first", body)
	}
	h.Restart()
	if _, body := h.get("/"); body != "b" {
		t.Errorf("after: got %s, want the route whose id sorts first", body)
	}
}

func TestStandaloneHasItsLimits(t *testing.T) {
	for _, cfg := range []embedded.Config{
		{Standalone: true, Version: "3.13.0"}, {Standalone: true, StateFile: t.TempDir() + "/state.json"},
	} {
		if g, err := embedded.New(cfg); err == nil {
			_ = g.Close()
			t.Errorf("version %q with state file %q was taken", cfg.Version, cfg.StateFile)
		}
	}
	h := newHarness(t, embedded.Config{Standalone: true})
	request := httptest.NewRequest(http.MethodPut, "/apisix/admin/configs", strings.NewReader("routes: []"))
	for name, value := range map[string]string{"X-API-KEY": "admin", "X-Digest": "1", "Content-Type": "application/yaml"} {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	h.AdminHandler().ServeHTTP(recorder, request)
	if recorder.Code != http.StatusBadRequest {
		t.Errorf("YAML without a reader: got %d %s", recorder.Code, recorder.Body)
	}
}
