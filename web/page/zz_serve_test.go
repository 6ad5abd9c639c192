package page_test

import (
	"net/http"
	"os"
	"testing"

	"github.com/sluice-gitops/sluice/web/page"
)

func TestZZServe(t *testing.T) {
	port := os.Getenv("PAGE_SERVE")
	if port == "" {
		t.Skip("only by hand")
	}
	mux := http.NewServeMux()
	scenes := map[string]*scene{"9101": ordinary(), "9102": crowded(1000), "9103": hostile(), "9104": unread(), "9105": bare()}
	for p, s := range scenes {
		h := page.New(page.Config{Insight: s, Now: noon, Version: "1.0", Visitor: func(*http.Request) page.Visitor {
			return page.Visitor{Name: "ada", Operator: true, CSRF: "x", Logout: true}
		}})
		go http.ListenAndServe("127.0.0.1:"+p, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
			h.ServeHTTP(w, r)
		}))
	}
	http.ListenAndServe("127.0.0.1:9100", mux)
}
