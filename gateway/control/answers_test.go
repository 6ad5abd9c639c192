package control

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAnswers tells a control API from a page, and from nobody.
func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		says   string // empty: it answers
	}{
		{"no upstream is checked", 200, `[]`, ""},
		{"none, as an object", 200, "{}\n", ""},
		{"one is checked", 200, `[{"name":"/apisix/upstreams/u","nodes":[{"status":"unhealthy"}]}]`, ""},
		{"a page", 200, `<html>`, "200 OK without a list of health checks: is this the URL of a control API?"},
		{"nothing", 200, ``, "is this the URL of a control API?"},
		{"another API", 404, `{"error_msg":"404 Route Not Found"}`, "404 Not Found"},
		{"an error", 500, `{}`, "500 Internal Server Error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/v1/healthcheck" {
					t.Errorf("asked for %s", r.URL.Path)
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}))
			defer server.Close()
			if err := Answers(t.Context(), server.Client(), server.URL+"/"); (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want %q", err, test.says)
			}
		})
	}
	if err := Answers(t.Context(), http.DefaultClient, "http://ada:canary@127.0.0.1:1"); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("nobody there: %v", err)
	}
}
