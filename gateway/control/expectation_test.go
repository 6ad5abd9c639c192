package control

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestUnmet compares what an instance answers with what it should have.
func TestUnmet(t *testing.T) {
	route := gateway.Key{Kind: gateway.Routes, ID: "a b"}
	for _, test := range []struct {
		name   string
		status int
		body   string
		gone   bool
		says   string // empty: as expected
	}{
		{"the index", 200, `{"modifiedIndex":7}`, false, ""},
		{"a later one", 200, `{"modifiedIndex":"8#99"}`, false, ""},
		{"its own beside a merged one", 200, `{"modifiedIndex":"9#9","orig_modifiedIndex":7}`, false, ""},
		{"its own is older", 200, `{"modifiedIndex":9,"orig_modifiedIndex":6}`, false, "index 6, not yet 7"},
		{"an older one", 200, `{"modifiedIndex":6}`, false, "has routes/a b of index 6, not yet 7"},
		{"no index", 200, `{}`, false, "modifiedIndex of routes/a b"},
		{"no JSON", 200, `<html>`, false, "answer for routes/a b"},
		{"missing", 404, `{"error_msg":"route[a b] not found"}`, false, "does not have routes/a b yet"},
		{"gone", 404, `{"error_msg":"route[a b] not found"}`, true, ""},
		{"gone, says a page", 404, `<html>`, true, "is this the URL of a control API?"},
		{"still there", 200, `{"modifiedIndex":7}`, true, "still has routes/a b"},
		{"an error", 500, ``, true, "500 Internal Server Error for routes/a b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.EscapedPath() != "/v1/route/a%20b" {
					t.Errorf("asked for %s", r.URL.EscapedPath())
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}))
			defer server.Close()
			key, err := Unmet(t.Context(), server.Client(), server.URL+"/", []Expectation{{Key: route, Index: 7, Gone: test.gone}})
			if (err == nil) != (test.says == "") || err != nil && (!strings.Contains(err.Error(), test.says) || key != route) {
				t.Errorf("%v, %v; want %q", key, err, test.says)
			}
		})
	}
}

func TestShows(t *testing.T) {
	for _, kind := range gateway.Kinds() {
		want := kind == gateway.Routes || kind == gateway.Services || kind == gateway.Upstreams
		if Shows(kind) != want {
			t.Errorf("shows %s is %v", kind, !want)
		}
	}
}
