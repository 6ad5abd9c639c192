package forge

import (
	"io"
	"net/http"
	"testing"

	"github.com/sluice-gitops/sluice/record"
)

// TestGiteaDoesNotSayWhy holds what a Gitea that serves others does: in a 500 it tells only administrators what has gone wrong. An unknown
// commit must still not be tried for ever.
func TestGiteaDoesNotSayWhy(t *testing.T) {
	for status, want := range map[int]Class{http.StatusNotFound: Final, http.StatusOK: Unavailable, http.StatusBadGateway: Unavailable} {
		p := play(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.Method == http.MethodPost {
				w.WriteHeader(http.StatusInternalServerError)
			} else {
				w.WriteHeader(status)
			}
			io.WriteString(w, `{"message":""}`)
		})
		err := at(t, Gitea, p.URL, "acme/gateways").SetStatus(t.Context(), sha, Status{Context: "sluice/prod", State: record.StatusSuccess})
		if fault, ok := asError(err); !ok || fault.Class != want {
			t.Errorf("a commit that is answered with %d: %v, want %v", status, err, want)
		}
	}
}
