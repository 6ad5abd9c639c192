package apisix

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Version returns the version that the gateway gives in its Server header, as "3.18.0"; "" when a proxy in front of it hides
// it. Errors are *gateway.Error.
func (g *Gateway) Version(ctx context.Context) (string, error) {
	var version string
	c := admin.Call{Op: "version", Method: http.MethodHead, URL: g.base}
	c.Take = func(header http.Header, _ io.Reader) error {
		name, number, _ := strings.Cut(header.Get("Server"), "/")
		if strings.EqualFold(name, "apisix") {
			version = number
		}
		return nil
	}
	err := g.client.Do(ctx, c)
	var refused *gateway.Error
	if errors.As(err, &refused) && refused.Class == gateway.Denied {
		// A key of role viewer may send nothing but a GET.
		c.Method, c.URL = http.MethodGet, g.base+"/plugins/list"
		if g.client.Once(ctx, c) == nil {
			return version, nil
		}
	}
	if errors.As(err, &refused) && refused.Status != 0 {
		return "", g.reason(ctx, c, refused)
	}
	return version, err
}

// reason asks once more with a GET, whose answer has content that says why.
func (g *Gateway) reason(ctx context.Context, c admin.Call, refused *gateway.Error) error {
	c.Method, c.URL = http.MethodGet, g.base
	if f := g.client.Once(ctx, c); f != nil && f.Status == refused.Status {
		return f.Error
	}
	return refused
}
