package web_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/web"
)

type present struct {
	status reconciler.Status
	ready  bool
}

func (p present) Status() reconciler.Status { return p.status }
func (p present) Ready() bool               { return p.ready }

type past struct {
	asked record.Filter
	err   error
}

func (p *past) Entries(filter record.Filter) ([]record.Entry, error) {
	p.asked = filter
	return nil, p.err
}

func get(t *testing.T, handler http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(method, path, nil))
	return recorder
}

func TestHealthAndReadiness(t *testing.T) {
	tests := []struct {
		name    string
		present present
		path    string
		status  int
		body    string
	}{
		{"alive before the first pass", present{}, "/healthz", 200, "ok"},
		{"not ready before the first pass", present{}, "/readyz", 503, "was not read yet"},
		{"ready after it", present{ready: true}, "/readyz", 200, "ready"},
		{"not ready while the repository is out of reach", present{ready: true, status: reconciler.Status{Error: "no route"}}, "/readyz", 503, "no route"},
		{"one line says why", present{ready: true, status: reconciler.Status{Error: "write journal: disk full\n\thint: make room"}}, "/readyz", 503, "disk full\n"},
		{"alive in trouble", present{status: reconciler.Status{Error: "disk full"}}, "/healthz", 200, "ok"},
		{"unknown path", present{}, "/nothing", 404, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := get(t, web.Handler(tt.present, &past{}, web.Calls{}), http.MethodGet, tt.path)
			if got.Code != tt.status || !strings.Contains(got.Body.String(), tt.body) {
				t.Errorf("got %d %s", got.Code, got.Body)
			}
		})
	}
}

func TestHistoryIsBounded(t *testing.T) {
	for text, want := range map[string]int{"": 100, "?limit=7": 7, "?limit=1000000000": 1000} {
		journal := &past{}
		get(t, web.Handler(present{}, journal, web.Calls{}), http.MethodGet, "/api/v1/history"+text)
		if journal.asked.Limit != want {
			t.Errorf("%q asks for %d entries, want %d", text, journal.asked.Limit, want)
		}
	}
}

func TestStatusIsTheDocument(t *testing.T) {
	want := reconciler.Status{Head: "abc", Environments: []reconciler.EnvironmentStatus{{
		Name: "prod", State: "applied", Target: "abc", Applied: "abc",
		Groups: []reconciler.GroupStatus{{Name: "prod-eu", State: "applied", Applied: "abc", Digest: "d"}},
	}}}
	got := get(t, web.Handler(present{status: want}, &past{}, web.Calls{}), http.MethodGet, "/api/v1/status")
	if kind := got.Header().Get("Content-Type"); kind != "application/json" {
		t.Errorf("content type %q", kind)
	}
	var back reconciler.Status
	if err := json.Unmarshal(got.Body.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, back); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

func TestHistory(t *testing.T) {
	tests := []struct {
		path   string
		err    error
		status int
		asked  record.Filter
		body   string
	}{
		{"/api/v1/history", nil, 200, record.Filter{Limit: 100}, "[]"},
		{"/api/v1/history?environment=prod&group=eu&limit=5", nil, 200, record.Filter{Environment: "prod", Group: "eu", Limit: 5}, "[]"},
		{"/api/v1/history?limit=0", nil, 400, record.Filter{}, "limit"},
		{"/api/v1/history?limit=many", nil, 400, record.Filter{}, "limit"},
		{"/api/v1/history", errors.New("disk"), 500, record.Filter{Limit: 100}, "disk"},
	}
	for _, tt := range tests {
		j := &past{err: tt.err}
		got := get(t, web.Handler(present{}, j, web.Calls{}), http.MethodGet, tt.path)
		if got.Code != tt.status || !strings.Contains(got.Body.String(), tt.body) {
			t.Errorf("%s: got %d %s", tt.path, got.Code, got.Body)
		}
		if diff := cmp.Diff(tt.asked, j.asked); diff != "" {
			t.Errorf("%s: filter (-want +got):\n%s", tt.path, diff)
		}
	}
}

func TestNothingCanBeWritten(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		for _, path := range []string{"/healthz", "/readyz", "/api/v1/status", "/api/v1/history"} {
			if got := get(t, web.Handler(present{}, &past{}, web.Calls{}), method, path); got.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: got %d", method, path, got.Code)
			}
		}
	}
}
