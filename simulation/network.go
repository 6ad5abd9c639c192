package simulation

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// network carries the requests of one daemon.
type network struct{ of *incarnation }

// RoundTrip waits at the seam for what becomes of the request.
func (n network) RoundTrip(req *http.Request) (*http.Response, error) {
	site, role, _ := strings.Cut(req.URL.Hostname(), ".")
	r := &request{site: site, control: role == controlRole, method: req.Method, path: req.URL.RequestURI()}
	if req.Body != nil {
		var err error
		if r.body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
	}
	reply := n.of.world.stage.wait(req.Context(), &operation{name: r.name(), of: n.of, request: r})
	if reply.err != nil {
		return nil, reply.err
	}
	return reply.value.(*answer).response(req), nil
}

// The host names of a gateway's two APIs.
const (
	adminRole   = "admin"
	controlRole = "control"
)

func adminURL(site string) string   { return "http://" + site + "." + adminRole + ":9180" }
func controlURL(site string) string { return "http://" + site + "." + controlRole + ":9090" }

// name is the same in every run. The schemas are asked for in the order of a map: they share a name.
func (r *request) name() string {
	path := strings.TrimPrefix(r.path, adminPath)
	if strings.HasPrefix(path, "/schema/") {
		path = "/schema/…"
	}
	return r.site + " " + r.method + " " + path
}

const adminPath = "/apisix/admin"

func (r *request) writes() bool { return r.method == http.MethodPut || r.method == http.MethodDelete }

func (a *answer) response(req *http.Request) *http.Response {
	body := io.Reader(bytes.NewReader(a.body.Bytes()))
	length := int64(a.body.Len())
	if a.torn {
		body = io.MultiReader(bytes.NewReader(a.body.Bytes()[:a.body.Len()/2]), brokenPipe{})
	}
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(body), ContentLength: length, Request: req,
	}
}

// brokenPipe is a connection that was cut.
type brokenPipe struct{}

// Read fails.
func (brokenPipe) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
