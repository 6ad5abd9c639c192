package apisix

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// Version returns the version that the gateway gives in its Server header, as "3.18.0"; "" when a proxy in front of it hides
// it. Errors are *gateway.Error.
func (g *Gateway) Version(ctx context.Context) (string, error) {
	var version string
	c := call{op: "version", method: http.MethodHead, url: g.base}
	c.take = func(header http.Header, _ io.Reader) error {
		name, number, _ := strings.Cut(header.Get("Server"), "/")
		if strings.EqualFold(name, "apisix") {
			version = number
		}
		return nil
	}
	err := g.retried(ctx, c, func() *failure { return g.once(ctx, c) })
	var refused *gateway.Error
	if errors.As(err, &refused) && refused.Status != 0 {
		return "", g.reason(ctx, c, refused)
	}
	return version, err
}

// reason asks once more with a GET, whose answer has content that says why.
func (g *Gateway) reason(ctx context.Context, c call, refused *gateway.Error) error {
	c.method = http.MethodGet
	if f := g.once(ctx, c); f != nil && f.Status == refused.Status {
		return f.Error
	}
	return refused
}
