package apisix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// call is one request to the Admin API and what to do with the answer to it.
type call struct {
	op     string      // for errors: "put", "delete", "list", "read"
	key    gateway.Key // for errors
	method string
	url    string
	body   []byte
	hidden []string // what must not show in an error
	// take reads an answer of status 200 or 201.
	take func(header http.Header, body io.Reader) error
}

// failure is an error of one try, and what it means for the next.
type failure struct {
	*gateway.Error
	again   bool          // another try may do
	after   time.Duration // the gateway asked for this pause
	lagging bool          // the gateway looked at a copy that lags behind what was just written
	broke   bool          // nobody knows whether the request was carried out
}

// errAbsent lies below the error of a resource that isn't there.
var errAbsent = errors.New("not found")

func (c call) fail(class gateway.Class, status int, reason string, err error) *failure {
	return &failure{Error: &gateway.Error{
		Class: class, Op: c.op, Key: c.key, Status: status, Reason: oneLine(scrub(reason, c.hidden)), Err: err,
	}}
}

// once sends the request a single time. A change is never cut in the middle: a write runs to its own timeout even when ctx
// is cancelled.
func (g *Gateway) once(ctx context.Context, c call) *failure {
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	case <-ctx.Done():
		return c.stopped(ctx)
	}
	if c.method != http.MethodGet && c.method != http.MethodHead {
		ctx = context.WithoutCancel(ctx)
	}
	limited, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	req, f := g.request(limited, &c)
	if f != nil {
		return f
	}
	resp, err := g.http.Do(req)
	if err != nil {
		return c.broken(ctx, err)
	}
	defer resp.Body.Close()
	return c.judge(ctx, resp)
}

func (g *Gateway) request(ctx context.Context, c *call) (*http.Request, *failure) {
	req, err := http.NewRequestWithContext(ctx, c.method, c.url, bytes.NewReader(c.body))
	if err != nil {
		return nil, c.fail(gateway.Refused, 0, err.Error(), err)
	}
	key, err := g.cfg.AdminKey()
	if err != nil {
		return nil, c.fail(gateway.Denied, 0, "read admin key: "+err.Error(), err)
	}
	c.hidden = append(c.hidden[:len(c.hidden):len(c.hidden)], key.Reveal())
	req.Header.Set("X-API-KEY", key.Reveal())
	if len(c.body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// judge takes the answer, or says what is wrong with it.
func (c call) judge(ctx context.Context, resp *http.Response) *failure {
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		return c.refused(resp)
	}
	err := c.take(resp.Header, resp.Body)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return c.stopped(ctx)
	}
	reason := err.Error()
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		reason = "the answer was cut short: " + reason
	}
	f := c.fail(gateway.Unreachable, resp.StatusCode, reason, err)
	f.again = !errors.Is(err, errNotAdminAPI)
	f.broke = f.again
	return f
}

// broken is a request without an answer.
func (c call) broken(ctx context.Context, err error) *failure {
	if ctx.Err() != nil {
		return c.stopped(ctx)
	}
	f := c.fail(gateway.Unreachable, 0, withoutURL(err), err)
	f.again, f.broke = true, true
	return f
}

// stopped is a request that was given up because the caller stopped.
func (c call) stopped(ctx context.Context) *failure {
	cause := context.Cause(ctx)
	return c.fail(gateway.Unreachable, 0, fmt.Sprintf("stopped: %v", cause), ctx.Err())
}
