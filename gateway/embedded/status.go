package embedded

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// statusHandler says whether the gateway runs, and whether every worker has loaded a configuration.
func (g *Gateway) statusHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusOK, map[string]any{"status": "ok"})
	})
	mux.HandleFunc("GET /status/ready", func(w http.ResponseWriter, _ *http.Request) {
		for _, worker := range g.workers {
			if !worker.ready.Load() {
				writeStatus(w, http.StatusServiceUnavailable, map[string]any{
					"status": "error", "error": fmt.Sprintf("worker id: %d has not received configuration", worker.number),
				})
				return
			}
		}
		writeStatus(w, http.StatusOK, map[string]any{"status": "ok"})
	})
	return mux
}

// writeStatus answers under the server's name and as text, though the body is JSON: so the real gateway was recorded.
func writeStatus(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Server", "openresty")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	// The client is gone when this fails: there is nobody to tell.
	_ = json.NewEncoder(w).Encode(body)
}
