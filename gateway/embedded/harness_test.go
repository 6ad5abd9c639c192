package embedded_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway/embedded"
)

// harness is a gateway without listeners, used by its handlers.
type harness struct {
	*embedded.Gateway
	t testing.TB
}

func newHarness(t testing.TB, cfg embedded.Config) *harness {
	t.Helper()
	cfg.AdminKey = "admin"
	g, err := embedded.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return &harness{g, t}
}

// admin sends a request to the Admin API and returns the status and the body.
func (h *harness) admin(method, path, body string) (int, string) {
	request := httptest.NewRequest(method, "/apisix/admin/"+path, strings.NewReader(body))
	request.Header.Set("X-API-KEY", "admin")
	recorder := httptest.NewRecorder()
	h.AdminHandler().ServeHTTP(recorder, request)
	return recorder.Code, strings.TrimSpace(recorder.Body.String())
}

// put stores resources, each "path body"; none may be refused.
func (h *harness) put(resources ...string) {
	h.t.Helper()
	for _, resource := range resources {
		path, body, _ := strings.Cut(resource, " ")
		if status, answer := h.admin(http.MethodPut, path, body); status > 299 {
			h.t.Fatalf("put %s: %d %s", path, status, answer)
		}
	}
}

func (h *harness) remove(paths ...string) {
	h.t.Helper()
	for _, path := range paths {
		if status, answer := h.admin(http.MethodDelete, path, ""); status > 299 {
			h.t.Fatalf("delete %s: %d %s", path, status, answer)
		}
	}
}

// send sends a request to the data plane. Headers are "Name: value".
func (h *harness) send(method, target string, headers ...string) *http.Response {
	h.t.Helper()
	if !strings.Contains(target, "://") {
		target = "http://gw.test" + target
	}
	request := httptest.NewRequest(method, target, nil)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	h.ProxyHandler().ServeHTTP(recorder, request.WithContext(context.Background()))
	return recorder.Result()
}

// get returns the status and the body of a GET to the data plane, the body of an error page as "".
func (h *harness) get(target string, headers ...string) (int, string) {
	h.t.Helper()
	resp := h.send(http.MethodGet, target, headers...)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	if strings.HasPrefix(string(body), "<html>") {
		return resp.StatusCode, ""
	}
	return resp.StatusCode, string(body)
}

// mock is a plugin conf that answers with a text, so that a test sees which route served it. It runs after other plugins.
func mock(text string) string {
	return `"plugins":{"mocking":{"response_example":"` + text + `","content_type":"text/plain","_meta":{"priority":-1}}}`
}

// asKey sends a request to the Admin API with a key.
func asKey(g *embedded.Gateway, method, path, key string) (int, string) {
	request := httptest.NewRequest(method, "/apisix/admin/"+path, strings.NewReader(`{"uri":"/","upstream":{"nodes":{}}}`))
	request.Header.Set("X-API-KEY", key)
	recorder := httptest.NewRecorder()
	g.AdminHandler().ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.String()
}
