package embedded

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
)

const defaultTimeout = 60 * time.Second

// newProxy returns what carries a request to its upstream and the answer back. The exchange comes in the context.
func (g *Gateway) newProxy() http.Handler {
	return &httputil.ReverseProxy{
		Rewrite:        rewriteRequest,
		Transport:      balancer{g},
		ModifyResponse: func(resp *http.Response) error { return finishResponse(g, resp) },
		ErrorHandler:   failedExchange,
		ErrorLog:       zap.NewStdLog(g.cfg.Log),
		FlushInterval:  -1,
	}
}

func rewriteRequest(p *httputil.ProxyRequest) {
	x := exchangeOf(p.In)
	header := p.Out.Header
	client := x.remoteAddress()
	header.Set("X-Real-IP", client)
	if prior := p.In.Header.Get("X-Forwarded-For"); prior != "" {
		client = prior + ", " + client
	}
	header.Set("X-Forwarded-For", client)
	header.Set("X-Forwarded-Proto", schemeOf(p.In))
	header.Set("X-Forwarded-Host", p.In.Host)
	header.Set("X-Forwarded-Port", x.forwardedPort())
	if x.uri != "" {
		if target, err := url.ParseRequestURI(x.uri); err == nil {
			p.Out.URL.Path, p.Out.URL.RawPath, p.Out.URL.RawQuery = target.Path, target.RawPath, target.RawQuery
		}
	}
	// The node is chosen later; a scheme and a host must stand here until then.
	p.Out.URL.Scheme, p.Out.URL.Host = "http", "upstream"
}

func finishResponse(g *Gateway, resp *http.Response) error {
	x := exchangeOf(resp.Request)
	if resp.StatusCode >= http.StatusInternalServerError {
		x.statuses = append(x.statuses, strconv.Itoa(resp.StatusCode))
	}
	if len(x.statuses) > 0 && resp.StatusCode >= http.StatusInternalServerError {
		resp.Header.Set("X-APISIX-Upstream-Status", strings.Join(x.statuses, ", "))
	}
	x.finish(resp)
	resp.Header.Set("Server", "APISIX/"+g.cfg.Version)
	return nil
}

func failedExchange(w http.ResponseWriter, r *http.Request, err error) {
	x := exchangeOf(r)
	a := &answer{status: statusOf(err), header: http.Header{}}
	if len(x.statuses) > 0 {
		a.header.Set("X-APISIX-Upstream-Status", strings.Join(x.statuses, ", "))
	}
	x.answer(w, a)
}

// statusOf says how an attempt that gave no answer is told to the client.
func statusOf(err error) int {
	var unresolved *net.DNSError
	switch {
	case errors.As(err, &unresolved):
		return http.StatusServiceUnavailable
	case errors.Is(err, errReadTimeout), errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}

// balancer sends a request to a node, and to the next one when the first can't be reached.
type balancer struct{ g *Gateway }

// RoundTrip implements http.RoundTripper.
func (b balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	x := exchangeOf(r)
	var tried []int
	var failure error
	for range x.upstream.attempts() {
		chosen := x.upstream.pick(x, tried)
		if chosen < 0 {
			break
		}
		tried = append(tried, chosen)
		resp, err := b.send(x, r, x.upstream.nodes[chosen])
		if err == nil {
			return resp, nil
		}
		failure = err
		if status := statusOf(err); status != http.StatusServiceUnavailable {
			x.statuses = append(x.statuses, strconv.Itoa(status))
		}
		if !unreached(err) {
			break
		}
	}
	return nil, failure
}

// unreached reports whether the node never got the request, so that another one may.
func unreached(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

var errReadTimeout = errors.New("the upstream did not answer in time")

func (b balancer) send(x *exchange, r *http.Request, n node) (*http.Response, error) {
	limits := x.timeouts()
	link := link{connect: limits.connect, name: x.upstreamHost(n)}
	if id := x.upstream.clientID; id != "" {
		if ssl, ok := parts[*site](x.w.get(gateway.SSLs, id)); ok && len(ssl.certificates) > 0 {
			link.certificate = &ssl.certificates[0]
		}
	} else {
		link.certificate = x.upstream.clientCert
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	out := r.WithContext(withLink(ctx, link))
	address := *r.URL
	address.Scheme, address.Host = transportScheme(x.upstream.scheme), n.address
	out.URL, out.Host = &address, link.name
	if r.Body != nil {
		// The transport closes a body that it could not send; the next node wants it still.
		out.Body = io.NopCloser(r.Body)
	}
	timer := time.AfterFunc(limits.read, func() { cancel(errReadTimeout) })
	resp, err := b.g.links.transport(link.certificate).RoundTrip(out)
	if timer.Stop(); err != nil {
		if cause := context.Cause(ctx); errors.Is(cause, errReadTimeout) {
			err = cause
		}
		cancel(nil)
		return nil, err
	}
	resp.Body = cancelling{resp.Body, func() { cancel(nil) }}
	return resp, nil
}

func transportScheme(scheme string) string {
	if scheme == "https" || scheme == "grpcs" {
		return "https"
	}
	return "http"
}

func (x *exchange) timeouts() timeouts {
	switch {
	case x.route.timeout != nil:
		return *x.route.timeout
	case x.upstream.timeout != nil:
		return *x.upstream.timeout
	}
	return timeouts{connect: defaultTimeout, read: defaultTimeout}
}

// upstreamHost is the Host header that the node gets.
func (x *exchange) upstreamHost(n node) string {
	switch {
	case x.host != "":
		return x.host
	case x.upstream.passHost == "node":
		return n.host
	case x.upstream.passHost == "rewrite":
		return x.upstream.host
	}
	return x.r.Host
}

// cancelling frees the request's context when the answer was read.
type cancelling struct {
	io.ReadCloser
	done func()
}

// Close implements io.Closer.
func (c cancelling) Close() error {
	defer c.done()
	return c.ReadCloser.Close()
}

// Write lets an upgraded connection through, which is read and written.
func (c cancelling) Write(p []byte) (int, error) {
	if w, ok := c.ReadCloser.(io.Writer); ok {
		return w.Write(p)
	}
	return 0, errors.New("the upstream takes no more")
}
