package api7

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Put creates or replaces one resource; a service together with its extra upstreams, of which those that a route still names go
// at the next barrier. What the API would drop is refused before anything is sent. An answer that was lost is looked for before
// the PUT is repeated. Once sent, a request is finished even when ctx is cancelled. Errors are *gateway.Error.
func (g *Gateway) Put(ctx context.Context, r gateway.Resource) error {
	if err := refuse(r); err != nil {
		return err
	}
	if isBridge(r.Key.ID) && r.Key.Kind == gateway.Routes {
		g.marks.lost(r.Key) // it reads back otherwise than it was written
		return g.putBridge(ctx, r)
	}
	err := g.putPlain(ctx, r)
	if err != nil {
		g.marks.lost(r.Key)
		return err
	}
	g.marks.wrote(r.Key, &r)
	return nil
}

// putPlain writes a resource for what it is, directly or by publishing it.
func (g *Gateway) putPlain(ctx context.Context, r gateway.Resource) error {
	switch {
	case g.publishes(r.Key.Kind):
		return g.publishPut(ctx, r)
	case r.Key.Kind == gateway.Services:
		return toldToPublish(g.putService(ctx, r))
	}
	return toldToPublish(g.putOne(ctx, r))
}

// refuse returns an error for what the API can't hold.
func refuse(r gateway.Resource) error {
	faults := Check(r)
	if len(faults) == 0 {
		return nil
	}
	reason := faults[0].What + ": " + faults[0].Hint
	if at := faults[0].Path.String(); at != "" {
		reason = at + ": " + reason
	}
	if more := len(faults) - 1; more > 0 {
		reason += fmt.Sprintf(" (and %d more)", more)
	}
	c := admin.Call{Op: "put", Key: r.Key}
	return c.Fail(gateway.Refused, 0, reason, nil).Error
}

// putOne puts the body of one resource. A service that stays offline all the same is put online.
func (g *Gateway) putOne(ctx context.Context, r gateway.Resource) error {
	address, err := g.address(r.Key)
	c := admin.Call{Op: "put", Key: r.Key}
	if err != nil {
		return failure(c, err).Error
	}
	offline := false
	c.Take = func(header http.Header, body io.Reader) error {
		value, err := readValue(header, body)
		offline = r.Key.Kind == gateway.Services && isOffline(value)
		return err
	}
	err = g.send(ctx, c, address, outward(r), func() bool { return g.took(ctx, r) })
	if err == nil && offline {
		return g.online(ctx, r.Key)
	}
	return err
}

// send puts a body to an address. Took says, after an answer was lost, whether the gateway has it; nil can't say.
func (g *Gateway) send(ctx context.Context, c admin.Call, address string, fields map[string]any, took func() bool) error {
	c.Method = http.MethodPut
	var err error
	if c.URL, err = g.scoped(ctx, address); err != nil {
		return err
	}
	if c.Body, c.Hidden, err = encode(fields); err != nil {
		return failure(c, err).Error
	}
	return g.client.Retry(ctx, c, func() *admin.Failure {
		f := g.once(ctx, c)
		if f != nil && f.Broke && took != nil && took() {
			return nil
		}
		return f
	})
}

// readWritten reads the answer to a PUT. A status alone proves nothing: a login page says 200 as well.
func readWritten(header http.Header, body io.Reader) error {
	_, err := readValue(header, body)
	return err
}

// took reports whether the gateway has r already. Where the gateway hides part of a resource it can't tell, and says no. It looks
// even when ctx is cancelled: what became of a write must be known.
func (g *Gateway) took(ctx context.Context, r gateway.Resource) bool {
	if len(gateway.Hidden(r)) > 0 {
		return false
	}
	item, found, f := g.oneOnce(context.WithoutCancel(ctx), r.Key)
	return f == nil && found && g.same(r, item)
}

// same reports whether an item means what r says, apart from a service's extra upstreams.
func (g *Gateway) same(r gateway.Resource, item map[string]any) bool {
	live, err := inward(r.Key, item)
	if err != nil {
		return false
	}
	r.Spec = maps.Clone(r.Spec)
	delete(r.Spec, "upstreams")
	aligned := gateway.Align(gateway.State{r.Key: r}, gateway.State{r.Key: live}, g.defaults.known())
	return gateway.Equal(aligned[r.Key].Spec, r.Spec)
}

// Delete removes one resource; that it is gone already is no error. With a service go its routes and upstreams, with a consumer
// its credentials; a service with routes that Sluice does not own is refused. Cancelling works as for Put.
func (g *Gateway) Delete(ctx context.Context, k gateway.Key) error {
	err := g.delete(ctx, k)
	if err != nil {
		g.marks.lost(k)
		return err
	}
	g.marks.wrote(k, nil)
	return nil
}

func (g *Gateway) delete(ctx context.Context, k gateway.Key) error {
	switch {
	case k.Kind == gateway.Services:
		if err := g.keepForeign(ctx, k); err != nil {
			return err
		}
		g.leftover.forget(k.ID)
	case k.Kind == gateway.Routes && isBridge(k.ID):
		return g.deleteBridge(ctx, k)
	case k.Kind == gateway.Routes && len(g.leftover.all()) > 0:
		return g.deleteLastUser(ctx, k)
	}
	return g.deletePlain(ctx, k)
}

// deletePlain removes a resource for what it is, directly or from what is published.
func (g *Gateway) deletePlain(ctx context.Context, k gateway.Key) error {
	if g.publishes(k.Kind) {
		return g.publishDelete(ctx, k)
	}
	return toldToPublish(g.deleteOne(ctx, k))
}

func (g *Gateway) deleteOne(ctx context.Context, k gateway.Key) error {
	address, err := g.address(k)
	if err != nil {
		return failure(admin.Call{Op: "delete", Key: k}, err).Error
	}
	return g.remove(ctx, k, address)
}

// remove deletes what is at an address. When it isn't there, the gateway group must be.
func (g *Gateway) remove(ctx context.Context, k gateway.Key, address string) error {
	c := admin.Call{Op: "delete", Key: k, Method: http.MethodDelete, Success: []int{http.StatusOK, http.StatusNoContent}, Take: readDeleted}
	var err error
	if c.URL, err = g.scoped(ctx, address); err != nil {
		return err
	}
	absent := false
	err = g.client.Retry(ctx, c, func() *admin.Failure {
		f := g.once(ctx, c)
		if absent = isAbsent(f); absent {
			return nil
		}
		return f
	})
	if err == nil && absent {
		return g.reachable(ctx)
	}
	return err
}

// readDeleted reads the answer to a DELETE: one JSON document, or nothing at all.
func readDeleted(header http.Header, body io.Reader) error {
	if header.Get("Content-Type") == "" {
		return nil
	}
	var anything any
	return admin.Decode(header, body, &anything)
}
