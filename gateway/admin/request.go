package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// Call is one request to an Admin API and what to do with the answer to it. It is used for every try.
type Call struct {
	Op     string      // for errors: "put", "delete", "list", "read"
	Key    gateway.Key // for errors
	Method string
	URL    string
	Header http.Header // beyond the admin key; for Body the content type is JSON unless it says otherwise
	Body   []byte
	Hidden []string // what must not show in an error
	// Success are the statuses whose answer Take reads; none means 200 and 201.
	Success []int
	// Take reads an answer. Its error makes the request fail, and another try is made unless it is ErrNotAdminAPI.
	Take func(header http.Header, body io.Reader) error
}

// Failure is an error of one try, and what it means for the next.
type Failure struct {
	*gateway.Error
	Again   bool          // another try may do
	After   time.Duration // the gateway asked for this pause
	Lagging bool          // the gateway looked at a copy that lags behind what was just written
	Broke   bool          // nobody knows whether the request was carried out
}

// ErrAbsent lies below the error of a resource that isn't there.
var ErrAbsent = errors.New("not found")

// Fail makes the failure of a call. The reason is cut to a line, and what is hidden is taken out of it.
func (c Call) Fail(class gateway.Class, status int, reason string, err error) *Failure {
	return &Failure{Error: &gateway.Error{
		Class: class, Op: c.Op, Key: c.Key, Status: status, Reason: oneLine(scrub(reason, c.Hidden)), Err: err,
	}}
}

// Once sends the request a single time. A change is never cut in the middle: a write runs to its own timeout even when ctx
// is cancelled.
func (cl *Client) Once(ctx context.Context, c Call) *Failure {
	select {
	case cl.slots <- struct{}{}:
		defer func() { <-cl.slots }()
	case <-ctx.Done():
		return c.Stopped(ctx)
	}
	if c.Method != http.MethodGet && c.Method != http.MethodHead {
		ctx = context.WithoutCancel(ctx)
	}
	limited, cancel := context.WithTimeout(ctx, cl.cfg.Timeout)
	defer cancel()
	req, f := cl.request(limited, &c)
	if f != nil {
		return f
	}
	resp, err := cl.http.Do(req)
	if err != nil {
		return c.broken(ctx, err)
	}
	defer resp.Body.Close()
	return c.judge(ctx, resp)
}

func (cl *Client) request(ctx context.Context, c *Call) (*http.Request, *Failure) {
	req, err := http.NewRequestWithContext(ctx, c.Method, c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return nil, c.Fail(gateway.Refused, 0, err.Error(), err)
	}
	key, err := cl.cfg.Key()
	if err != nil {
		return nil, c.Fail(gateway.Denied, 0, "read admin key: "+err.Error(), err)
	}
	c.Hidden = append(c.Hidden[:len(c.Hidden):len(c.Hidden)], key.Reveal())
	if len(c.Body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(req.Header, c.Header)
	req.Header.Set("X-API-KEY", key.Reveal())
	return req, nil
}

// Hiding returns the call with the admin key among what must not show: for those who make failures of an answer that was taken. A
// gateway may repeat in its words what it was sent.
func (cl *Client) Hiding(c Call) Call {
	if key, err := cl.cfg.Key(); err == nil {
		c.Hidden = append(c.Hidden[:len(c.Hidden):len(c.Hidden)], key.Reveal())
	}
	return c
}

// judge takes the answer, or says what is wrong with it.
func (c Call) judge(ctx context.Context, resp *http.Response) *Failure {
	success := c.Success
	if len(success) == 0 {
		success = []int{http.StatusOK, http.StatusCreated}
	}
	if !slices.Contains(success, resp.StatusCode) {
		return c.refused(resp)
	}
	err := c.Take(resp.Header, resp.Body)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return c.Stopped(ctx)
	}
	reason := err.Error()
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		reason = "the answer was cut short: " + reason
	}
	f := c.Fail(gateway.Unreachable, resp.StatusCode, reason, err)
	f.Again = !errors.Is(err, ErrNotAdminAPI)
	f.Broke = f.Again
	return f
}

// broken is a request without an answer.
func (c Call) broken(ctx context.Context, err error) *Failure {
	if ctx.Err() != nil {
		return c.Stopped(ctx)
	}
	f := c.Fail(gateway.Unreachable, 0, WithoutURL(err), err)
	f.Again, f.Broke = true, true
	return f
}

// Stopped is the failure of a call that was given up because the caller stopped.
func (c Call) Stopped(ctx context.Context) *Failure {
	cause := context.Cause(ctx)
	return c.Fail(gateway.Unreachable, 0, fmt.Sprintf("stopped: %v", cause), ctx.Err())
}
