package apisix

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Put creates or replaces one resource. An answer that was lost is looked for in the gateway before the PUT is repeated. Once
// sent, a request is finished even when ctx is cancelled; between tries ctx ends it. Errors are *gateway.Error.
func (g *Gateway) Put(ctx context.Context, r gateway.Resource) error {
	c := admin.Call{Op: "put", Key: r.Key, Method: http.MethodPut}
	var stored json.RawMessage
	c.Take = func(header http.Header, body io.Reader) (err error) {
		stored, err = readWritten(header, body)
		return err
	}
	var err error
	if c.URL, err = g.address(r.Key); err != nil {
		return c.Fail(gateway.Refused, 0, err.Error(), err).Error
	}
	if c.Body, c.Hidden, err = encode(r); err != nil {
		return c.Fail(gateway.Refused, 0, err.Error(), err).Error
	}
	broke := false
	err = g.client.Retry(ctx, c, func() *admin.Failure {
		f := g.client.Once(ctx, c)
		if f != nil && f.Broke && g.took(ctx, r) {
			return nil
		}
		broke = broke || f != nil && f.Broke
		return f
	})
	switch {
	case err == nil:
		g.marks.wrote(r, stored)
	case broke:
		g.marks.lost(r.Key)
	}
	return err
}

// took reports whether the gateway has r already. Where the gateway hides part of a resource it can't tell, and says no. It
// looks even when ctx is cancelled: what became of a write must be known.
func (g *Gateway) took(ctx context.Context, r gateway.Resource) bool {
	if hides(r) {
		return false
	}
	live, found, f := g.one(context.WithoutCancel(ctx), r.Key)
	return f == nil && found && same(r, live.Resource, g.knownDefaults())
}

// hides reports whether the gateway gives back less of r than it took.
func hides(r gateway.Resource) bool {
	if r.Key.Kind == gateway.SSLs {
		return true
	}
	upstream, inline := r.Spec["upstream"].(map[string]any)
	if !inline {
		upstream = r.Spec
	}
	tls, _ := upstream["tls"].(map[string]any)
	return tls["client_key"] != nil
}

// Delete removes one resource; that it is gone already is no error. A gateway that says it is still in use is asked again
// for a few seconds, since its workers learn late of what was deleted before. An answer that was lost is looked for, and
// cancelling works, as for Put.
func (g *Gateway) Delete(ctx context.Context, k gateway.Key) error {
	c := admin.Call{Op: "delete", Key: k, Method: http.MethodDelete, Take: readDeleted}
	var err error
	if c.URL, err = g.address(k); err != nil {
		return c.Fail(gateway.Refused, 0, err.Error(), err).Error
	}
	broke := false
	err = g.client.Retry(ctx, c, func() *admin.Failure {
		f := g.client.Once(ctx, c)
		if f != nil && (errors.Is(f.Err, admin.ErrAbsent) || orphaned(f) || f.Broke && g.gone(ctx, k)) {
			return nil
		}
		broke = broke || f != nil && f.Broke
		return f
	})
	switch {
	case err == nil:
		g.marks.deleted(k)
	case broke:
		g.marks.lost(k)
	}
	return err
}

// gone reports whether the gateway is known not to have a resource.
func (g *Gateway) gone(ctx context.Context, k gateway.Key) bool {
	_, found, f := g.entry(context.WithoutCancel(ctx), k)
	return f == nil && !found
}
