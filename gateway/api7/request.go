package api7

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// scoped adds the gateway group to a URL.
func (l *link) scoped(ctx context.Context, address string) (string, error) {
	id, err := l.group(ctx)
	if err != nil || id == "" {
		return address, err
	}
	return address + "?" + url.Values{"gateway_group_id": {id}}.Encode(), nil
}

// once sends a request a single time, and says in this API's terms why it was refused.
func (l *link) once(ctx context.Context, c admin.Call) *admin.Failure {
	f := l.client.Once(ctx, c)
	if f == nil {
		return nil
	}
	switch f.Status {
	case http.StatusUnauthorized:
		f.Reason += ": the token is not valid here, or has expired"
	case http.StatusForbidden:
		// The shared reading of a 403 is that of a gateway whose Admin API has a list of addresses.
		reason, _, _ := strings.Cut(f.Reason, ": is this machine's address")
		f.Reason = reason + ": the token lacks the right to do this in the gateway group"
	}
	return f
}

// do sends a request until it is answered, fails for good, or the retries are spent. Errors are *gateway.Error.
func (l *link) do(ctx context.Context, c admin.Call) error {
	return l.client.Retry(ctx, c, func() *admin.Failure { return l.once(ctx, c) })
}

// isAbsent reports whether a request failed because there is no such thing. It may be the gateway group that isn't there: whoever
// builds on it must ask (reachable).
func isAbsent(f *admin.Failure) bool {
	return f != nil && f.Status == http.StatusNotFound && f.Class == gateway.Refused
}

// reachable makes sure that a 404 spoke of the resource alone: the gateway group is there and lets this token in.
func (l *link) reachable(ctx context.Context) error {
	c := admin.Call{Op: "list", Key: gateway.Key{Kind: gateway.Services}, Method: http.MethodGet}
	var err error
	if c.URL, err = l.scoped(ctx, l.admin("services")); err != nil {
		return err
	}
	c.Take = func(header http.Header, body io.Reader) error {
		_, err := readPage(header, body)
		return err
	}
	c.URL = withQuery(c.URL, url.Values{"page": {"1"}, "page_size": {"1"}})
	if err := l.do(ctx, c); err != nil {
		l.groups.set("") // it may have been made anew, with another id
		return err
	}
	return nil
}

// fetch reads one JSON document.
func (l *link) fetch(ctx context.Context, address string, into any) error {
	return l.do(ctx, admin.Call{
		Op: "read " + strings.TrimPrefix(address, l.base), Method: http.MethodGet, URL: address,
		Take: func(header http.Header, body io.Reader) error { return admin.Decode(header, body, into) },
	})
}

func withQuery(address string, query url.Values) string {
	if strings.Contains(address, "?") {
		return address + "&" + query.Encode()
	}
	return address + "?" + query.Encode()
}
