package apisix

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

const adminKey = "edd1c9f034335f136f87ad84b625c8f1"

// trip is one request that a fake saw.
type trip struct {
	method, path, body string
	header             http.Header
	at                 time.Time
}

// fake is a transport that answers by itself: in the n-th request of a path by the n-th answer, and then by the last.
type fake struct {
	mu      sync.Mutex
	answers map[string][]answer // by "METHOD /path"; "*" for every other
	trips   []trip
}

// answer is what a fake answers: a status and body, or an error, or nothing until the request is given up.
type answer struct {
	status int
	body   string
	header map[string]string
	html   bool
	err    error
	hang   bool
	cut    bool // the body ends in the middle
	bare   bool // an empty body to a write that is a success; else it has the envelope
}

func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	a := f.next(req)
	if a.hang {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	if a.err != nil {
		return nil, a.err
	}
	if a.body == "" && !a.bare && a.status < 300 {
		a.body = envelopes[req.Method]
	}
	resp := &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Header: http.Header{}, Request: req, Proto: "HTTP/1.1",
		Body: io.NopCloser(strings.NewReader(a.body)),
	}
	resp.Header.Set("Content-Type", "application/json")
	resp.Header.Set("Server", "APISIX/3.18.0")
	if a.html {
		resp.Header.Set("Content-Type", "text/html; charset=utf-8")
	}
	for name, value := range a.header {
		resp.Header.Set(name, value)
	}
	if a.cut {
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(a.body), brokenReader{}))
	}
	return resp, nil
}

// envelopes are what the Admin API answers to a write that it carried out.
var envelopes = map[string]string{
	http.MethodPut: `{"key":"/apisix/any/1","value":{"id":"1"}}`, http.MethodDelete: `{"key":"/apisix/any/1","deleted":"1"}`,
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (f *fake) next(req *http.Request) answer {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trips = append(f.trips, trip{req.Method, req.URL.EscapedPath(), string(body), req.Header, time.Now()})
	name := req.Method + " " + req.URL.EscapedPath()
	if f.answers[name] == nil {
		name = "*"
	}
	queue := f.answers[name]
	if len(queue) == 0 {
		return answer{err: errors.New("no answer for " + req.Method + " " + req.URL.Path)}
	}
	if len(queue) > 1 {
		f.answers[name] = queue[1:]
	}
	return queue[0]
}

func (f *fake) seen(method string) (found []trip) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, trip := range f.trips {
		if trip.method == method {
			found = append(found, trip)
		}
	}
	return found
}

func newGateway(t testing.TB, transport http.RoundTripper, change func(*Config)) *Gateway {
	t.Helper()
	cfg := Config{Name: "eu", AdminURL: "http://admin:9180", Transport: transport}
	cfg.AdminKey = func() (gateway.Secret, error) { return gateway.NewSecret("", adminKey), nil }
	if change != nil {
		change(&cfg)
	}
	g, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func resource(t testing.TB, key, body string) gateway.Resource {
	t.Helper()
	k, err := gateway.ParseKey(key)
	if err != nil {
		t.Fatal(err)
	}
	e := entry{}
	decode(t, []byte(body), &e.Value)
	r, err := e.resource(k)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// classOf returns the class of an error of this package, 0 for none.
func classOf(t *testing.T, err error) gateway.Class {
	t.Helper()
	if err == nil {
		return 0
	}
	var own *gateway.Error
	if !errors.As(err, &own) {
		t.Fatalf("%v is a %T, want a *gateway.Error", err, err)
	}
	return own.Class
}

// tripper is a transport that answers by a function.
type tripper func() answer

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) {
	return (&fake{answers: map[string][]answer{"*": {f()}}}).RoundTrip(req)
}
