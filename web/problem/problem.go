// Package problem answers requests that can't be met, in the form of RFC 9457: people read the detail, programs the status.
package problem

import (
	"encoding/json"
	"net/http"
)

// Problem is what stands in the way of a request.
type Problem struct {
	Title  string `json:"title"`  // the name of the status, as "Not Found"
	Status int    `json:"status"` // the status of the answer
	Detail string `json:"detail"` // what is wrong and how to mend it, for people; one line
}

// ContentType is that of every Problem.
const ContentType = "application/problem+json"

// Write answers with a problem. It must come before anything else of the answer is written.
func Write(w http.ResponseWriter, status int, detail string) {
	header := w.Header()
	header.Del("Etag")
	header.Set("Content-Type", ContentType)
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	// The status line is sent; a client that went away is its own affair.
	_ = encoder.Encode(Problem{Title: http.StatusText(status), Status: status, Detail: detail})
}
