package standalone

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// Version returns the version that the first instance gives in its Server header, as "3.18.0"; "" when a proxy in front of it
// hides it. Errors are *gateway.Error.
func (g *Gateway) Version(ctx context.Context) (string, error) {
	var version string
	c := g.instances[0].call("read version", http.MethodHead)
	c.Take = func(header http.Header, _ io.Reader) error {
		name, number, _ := strings.Cut(header.Get("Server"), "/")
		if strings.EqualFold(name, "apisix") {
			version = number
		}
		return nil
	}
	err := g.client.Do(ctx, c)
	return version, err
}

// Defaults knows none: an instance keeps a document as it was put. It asks nobody and never fails.
func (g *Gateway) Defaults(context.Context) (gateway.Defaults, error) {
	return func(gateway.Key, gateway.Path) []any { return nil }, nil
}
