package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/sluice-gitops/sluice/gateway"
)

// mostBody is how much of an answer is read, in bytes.
const mostBody = 64 << 10

// probe is a request with all variables put in, and what its answer must be.
type probe struct {
	transport http.RoundTripper
	method    string
	address   *url.URL
	headers   map[string]gateway.Secret
	body      gateway.Secret
	within    time.Duration
	want      expectation
}

// attempt makes the request once.
func (p *probe) attempt(ctx context.Context) outcome {
	ctx, stop := context.WithTimeout(ctx, p.within)
	defer stop()
	began := time.Now()
	answer, err := p.ask(ctx)
	took := time.Since(began)
	switch {
	case errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil || err == nil && took > p.within:
		return outcome{bad, "no whole answer within " + short(p.within)}
	case err != nil:
		return outcome{bad, reason(err)}
	}
	if missed := p.want.missed(answer); missed != "" {
		return outcome{bad, line(missed)}
	}
	return outcome{good, fmt.Sprintf("%d in %s", answer.status, short(rounded(took)))}
}

// rounded leaves out digits that nobody reads.
func rounded(d time.Duration) time.Duration {
	if d < time.Millisecond {
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}

// answer is what came back, as far as it is looked at.
type answer struct {
	status int
	body   []byte
	cut    bool // the body goes on
}

func (p *probe) ask(ctx context.Context) (answer, error) {
	req, err := p.request(ctx)
	if err != nil {
		return answer{}, err
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := (&http.Client{Transport: p.transport, CheckRedirect: stay}).Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostBody+1))
	if err != nil {
		return answer{}, err
	}
	cut := len(body) > mostBody
	return answer{status: resp.StatusCode, body: body[:min(len(body), mostBody)], cut: cut}, nil
}

// request makes the request. A header called Host asks for another host at the same address.
func (p *probe) request(ctx context.Context) (*http.Request, error) {
	var body io.Reader
	if text := p.body.Reveal(); text != "" {
		body = strings.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, p.method, p.address.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "sluice")
	for name, value := range p.headers {
		if strings.ContainsFunc(value.Reveal(), func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) {
			return nil, &unsent{fmt.Sprintf("header %s can't be sent: its value holds a line break or the like", name)}
		}
		if http.CanonicalHeaderKey(name) == "Host" {
			req.Host = value.Reveal()
			continue
		}
		req.Header.Set(name, value.Reveal())
	}
	return req, nil
}

// What holds for a probe that does not say.
const (
	probeWithin = 5 * time.Second
	probeEvery  = time.Second
)

// check makes a check of the probe.
func (p *probe) check(name, group string, every time.Duration, times int) *check {
	return &check{kind: ofProbe, name: name, group: group, every: cmp.Or(every, probeEvery), times: times, attempt: p.attempt}
}
