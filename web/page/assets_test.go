package page_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/web/page"
)

// TestAssets: whatever a page refers to is there, is kept for ever, and is the same zipped.
func TestAssets(t *testing.T) {
	h := handler(ordinary(), nil)
	addresses := regexp.MustCompile(`/assets/[^"]+`).FindAllString(get(t, h, "/").Body.String(), -1)
	if len(addresses) < 5 {
		t.Fatalf("the page refers to %v", addresses)
	}
	for _, address := range addresses {
		bare := get(t, h, address)
		if bare.Code != http.StatusOK || bare.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || bare.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: %d %v", address, bare.Code, bare.Header())
		}
		if got := unzipped(t, h, address); got != bare.Body.String() {
			t.Errorf("%s is another one zipped", address)
		}
	}
	for _, missing := range []string{"/assets/page.css", "/assets/nothing.js", "/assets/..%2fpage.go"} {
		if w := get(t, h, missing); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", missing, w.Code)
		}
	}
}

// unzipped fetches as a browser does.
func unzipped(t *testing.T, h http.Handler, path string) string {
	t.Helper()
	w := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
	request.Header.Set("Accept-Encoding", "br, gzip;q=0.8")
	h.ServeHTTP(w, request)
	if w.Header().Get("Content-Encoding") != "gzip" {
		return w.Body.String()
	}
	reader, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func TestPagesAreZippedAndNeverKept(t *testing.T) {
	h := handler(ordinary(), operator)
	w := get(t, h, "/")
	if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%v", w.Header())
	}
	if unzipped(t, h, "/") != w.Body.String() {
		t.Error("the page is another one zipped")
	}
}

// TestPatterns: what is said to be answered is what is answered.
func TestPatterns(t *testing.T) {
	patterns := page.Patterns()
	mux := http.NewServeMux()
	for _, pattern := range patterns {
		mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
	}
	for _, path := range append(paths(ordinary()), "/assets/x") {
		if _, pattern := mux.Handler(httptest.NewRequest("GET", path, nil)); !slices.Contains(patterns, pattern) {
			t.Errorf("no pattern is for %s", path)
		}
	}
	for _, path := range []string{"/nowhere", "/api/v1/status"} {
		if _, pattern := mux.Handler(httptest.NewRequest("GET", path, nil)); pattern != "" {
			t.Errorf("%s is taken by %s", path, pattern)
		}
	}
}

// TestWeight holds what travels, zipped: a thousand gateway groups must not be felt.
func TestWeight(t *testing.T) {
	h := handler(crowded(1000), operator)
	for path, most := range map[string]int{"/": 10 << 10, "/groups": 20 << 10, "/environments/prod": 20 << 10} {
		w := httptest.NewRecorder()
		request := httptest.NewRequest("GET", path, nil)
		request.Header.Set("Accept-Encoding", "gzip")
		h.ServeHTTP(w, request)
		if w.Body.Len() > most {
			t.Errorf("%s weighs %d bytes, more than %d", path, w.Body.Len(), most)
		}
	}
	total := 0
	for _, address := range regexp.MustCompile(`/assets/[^"]+`).FindAllString(get(t, h, "/").Body.String(), -1) {
		request := httptest.NewRequest("GET", address, nil)
		request.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request)
		if total += w.Body.Len(); strings.HasSuffix(address, ".js") && w.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("%s is not zipped", address)
		}
	}
	if total > 40<<10 {
		t.Errorf("the assets weigh %d bytes", total)
	}
}

// BenchmarkOverview is the time to the first byte of the overview with a thousand gateway groups, and what it weighs.
func BenchmarkOverview(b *testing.B) {
	for _, groups := range []int{10, 1000} {
		b.Run(map[int]string{10: "10groups", 1000: "1000groups"}[groups], func(b *testing.B) {
			h := handler(crowded(groups), operator)
			b.ReportAllocs()
			weight := 0
			for b.Loop() {
				w := httptest.NewRecorder()
				request := httptest.NewRequest("GET", "/", nil)
				request.Header.Set("Accept-Encoding", "gzip")
				h.ServeHTTP(w, request)
				weight = w.Body.Len()
			}
			b.ReportMetric(float64(weight), "bytes/page")
		})
	}
}
