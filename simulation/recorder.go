package simulation

import (
	"bytes"
	"net/http"
)

// request is one request of the daemon to a gateway.
type request struct {
	site    string
	control bool // to the control API of the instance
	method  string
	path    string // with the query
	body    []byte
}

// answer is a whole HTTP answer.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
	torn   bool // the connection breaks in the middle of the body
}

func newAnswer() *answer { return &answer{status: http.StatusOK, header: http.Header{}} }

// said is an answer that the gateway does not give by itself.
func said(status int, kind, body string) *answer {
	a := newAnswer()
	a.status = status
	a.header.Set("Content-Type", kind)
	a.body.WriteString(body)
	return a
}

// Header is for what answers.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader keeps the status.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write keeps the body.
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

func (a *answer) good() bool { return a.status == http.StatusOK || a.status == http.StatusCreated }

// tells reports whether a read was answered: with what is there, or that nothing is.
func (a *answer) tells() bool { return a.good() || a.status == http.StatusNotFound }
