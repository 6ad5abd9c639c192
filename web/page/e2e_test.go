package page_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sluice-gitops/sluice/web/browsertest"
)

// strictest is a content security policy that lets nothing pass but what comes from here.
const strictest = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// served serves the pages of a scene as the daemon does, with a stream of events that tells nothing.
func served(t *testing.T, s *scene) string {
	h := handler(s, operator)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, ": nothing\n\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-t.Context().Done():
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", strictest)
		h.ServeHTTP(w, r)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// TestE2EHostile shows every view with hostile texts in a real browser: nothing of them runs, and the layout holds.
func TestE2EHostile(t *testing.T) {
	b := browsertest.Start(t)
	s := hostile()
	at := served(t, s)
	for _, path := range paths(s) {
		for _, width := range []int64{1440, 390} {
			b.Resize(width)
			b.Open(at + path)
			b.Until("every part", `!document.querySelector(".lazy > .card > p > .loading")`)
			if wide := browsertest.Ask[int64](b, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("%.60s is %d px wide, in a window of %d", path, wide, width)
			}
			if browsertest.Ask[bool](b, "'broken' in window") {
				t.Errorf("%.60s runs what stands in a text", path)
			}
		}
	}
	b.Clean()
}

// TestE2EThousandGroups shows a thousand gateway groups, and finds one of them.
func TestE2EThousandGroups(t *testing.T) {
	b := browsertest.Start(t)
	at := served(t, crowded(1000))
	b.Resize(900)
	b.Open(at + "/")
	if height := browsertest.Ask[int64](b, "document.documentElement.scrollHeight"); height > 3000 {
		t.Errorf("the overview is %d px high", height)
	}
	b.Follow(`a[href="/groups"]`)
	b.Type("[name=text]", "prod-3-0123")
	b.Until("the one group", `document.querySelectorAll("#groups tbody tr").length === 1 && location.search === "?text=prod-3-0123"`)
	b.Clean()
}

// TestE2ETimesKeepGoing: the script says times as the server does.
func TestE2ETimesKeepGoing(t *testing.T) {
	b := browsertest.Start(t)
	b.Open(served(t, ordinary()) + "/history")
	b.Until("times that count from now", `[...document.querySelectorAll("time[data-ago]")].some(t => / d ago$| h ago$| min ago$/.test(t.textContent) && t.title.includes(" here, "))`)
	b.Clean()
}
