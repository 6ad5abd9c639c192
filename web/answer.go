package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/web/problem"
)

// refused is why a request is not met, with the status that says so.
type refused struct {
	status int
	detail string
}

// Error returns the detail.
func (e *refused) Error() string { return e.detail }

// answer writes a document, or that the client has it already.
func answer(w http.ResponseWriter, req *http.Request, document any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		refuse(w, err)
		return
	}
	writeJSON(w, req, body.Bytes())
}

// writeJSON answers with JSON under a tag, so that asking again costs little.
func writeJSON(w http.ResponseWriter, req *http.Request, body []byte) {
	sum := sha256.Sum256(body)
	tag := `W/"` + hex.EncodeToString(sum[:12]) + `"`
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "private, no-cache")
	header.Set("Etag", tag)
	if strings.Contains(req.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	// The status line is sent; a client that went away is its own affair.
	_, _ = w.Write(body)
}

// refuse says why a request is not met.
func refuse(w http.ResponseWriter, err error) {
	status := statusOf(err)
	problem.Write(w, status, err.Error())
}

func statusOf(err error) int {
	if why, ok := errors.AsType[*refused](err); ok {
		return why.status
	}
	if _, ok := errors.AsType[*insight.NotFoundError](err); ok {
		return http.StatusNotFound
	}
	if _, ok := errors.AsType[*insight.QueryError](err); ok {
		return http.StatusBadRequest
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return http.StatusGatewayTimeout
	}
	return http.StatusInternalServerError
}
