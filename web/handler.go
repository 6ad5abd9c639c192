package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// Reconciler is what the handler asks for the present; reconciler.Reconciler is one.
type Reconciler interface {
	Status() reconciler.Status
	Ready() bool
}

// Journal is what the handler asks for the past; record.View is one.
type Journal interface {
	Entries(record.Filter) ([]record.Entry, error)
}

// Handler answers:
//
//	GET /healthz          200 while the process serves
//	GET /readyz           200 when the config repo was read and the last pass could do its work, else 503 and why, in one line
//	GET /api/v1/status    reconciler.Status
//	GET /api/v1/history   journal entries, newest first; ?environment=, ?group=, ?commit= (the whole hash), ?limit= (100, at most 1000)
//
//	POST /api/v1/environments/NAME/pause    stops an environment for a time; see PauseRequest
//	POST /api/v1/environments/NAME/resume   ends that
//
// The last two need the token of calls.
func Handler(r Reconciler, j Journal, calls Calls) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { ready(w, r) })
	mux.HandleFunc("GET /api/v1/status", func(w http.ResponseWriter, _ *http.Request) { answer(w, r.Status()) })
	mux.HandleFunc("GET /api/v1/history", func(w http.ResponseWriter, req *http.Request) { history(w, req, j) })
	mux.HandleFunc("POST /api/v1/environments/{name}/pause", calls.behindToken(r, calls.pause))
	mux.HandleFunc("POST /api/v1/environments/{name}/resume", calls.behindToken(r, calls.resume))
	return mux
}

// Server returns a server with bounds on everything a client could draw out.
func Server(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
}

func ready(w http.ResponseWriter, r Reconciler) {
	status := r.Status()
	switch {
	case status.Error != "":
		why, _, _ := strings.Cut(status.Error, "\n")
		http.Error(w, why, http.StatusServiceUnavailable)
	case !r.Ready():
		http.Error(w, "the config repo was not read yet", http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, "ready")
	}
}

// defaultEntries is how much history is shown when the client does not say, maxEntries the most that it can ask for: an entry
// in full may be a mebibyte.
const (
	defaultEntries = 100
	maxEntries     = 1000
)

func history(w http.ResponseWriter, req *http.Request, j Journal) {
	query := req.URL.Query()
	limit := defaultEntries
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			http.Error(w, fmt.Sprintf("limit %q is not a number above 0", text), http.StatusBadRequest)
			return
		}
		limit = min(n, maxEntries)
	}
	entries, err := j.Entries(record.Filter{Environment: query.Get("environment"), Commit: query.Get("commit"), Group: query.Get("group"), Limit: limit})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if entries == nil {
		entries = []record.Entry{}
	}
	answer(w, entries)
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	// The status line is sent; a client that went away is its own affair.
	_ = encoder.Encode(body)
}
