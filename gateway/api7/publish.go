package api7

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Publishing, where a gateway group enforces it: a service, its routes and its stream routes are written as templates, which carry no
// traffic, and then the service is published to the group under a version:
//
//	PUT /api/{services,routes,stream_routes}/template/ID   ▸   POST /api/services/publish {service_id, version, …}
//
// Templates belong to the control plane, so that their ids are those of the scope of the gateway group (scope.go).

// publishes reports whether a kind must go by way of templates.
func (l *link) publishes(kind gateway.Kind) bool { return l.cfg.Publish && published[kind] }

// toldToPublish says what to do about a direct write that was refused because the group wants services to be published.
func toldToPublish(err error) error {
	own := asError(err)
	if own == nil || !wantsPublishing(own) {
		return err
	}
	own.Class = gateway.Refused
	own.Reason += ": the gateway group enforces publishing, which is not set up here: turn on publish for it in the daemon's file"
	return own
}

// wantsPublishing reads a refusal. Whoever lacks a right is told its name, in which the word stands as well.
func wantsPublishing(refusal *gateway.Error) bool {
	words := strings.ToLower(refusal.Reason)
	switch refusal.Class {
	case gateway.Refused:
		return refusal.Status != 0 && strings.Contains(words, "publish")
	case gateway.Denied:
		return strings.Contains(words, "publish") && strings.Contains(words, "enforce")
	}
	return false
}

// canPublish makes sure that a version can be named, and that it is ours to publish.
func (g *Gateway) canPublish(op string, key gateway.Key) error {
	c := admin.Call{Op: op, Key: key}
	switch {
	case g.cfg.PublishVersion == nil:
		return c.Fail(gateway.Refused, 0, "services must be published here, and nothing says how versions are named", nil).Error
	case g.commit == "":
		return c.Fail(gateway.Refused, 0, "services must be published here, and it is not known for which commit", nil).Error
	case strings.HasPrefix(key.ID, plain):
		return c.Fail(gateway.Refused, 0, "others have published it: its template may be that of other gateway groups too", nil).Error
	}
	return nil
}

// publishPut writes a service or a route as a template, and publishes the service.
func (g *Gateway) publishPut(ctx context.Context, r gateway.Resource) error {
	if err := g.canPublish("put", r.Key); err != nil {
		return err
	}
	if r.Key.Kind == gateway.Services {
		return g.publishService(ctx, r)
	}
	before, _, err := g.one(ctx, r.Key)
	if err != nil {
		return err
	}
	service := idText(r.Spec["service_id"])
	return g.changeTemplate(r.Key, func() error { return g.putTemplate(ctx, r) }, func() error {
		if err := g.publish(ctx, service, nil); err != nil {
			return err
		}
		if old := text(before["service_id"]); old != "" && old != service {
			return g.publish(ctx, old, nil)
		}
		return nil
	})
}

// publishService writes a service as a template, and publishes it.
func (g *Gateway) publishService(ctx context.Context, service gateway.Resource) error {
	if extra, _ := service.Spec["upstreams"].(map[string]any); len(extra) > 0 || g.leftover.known(service.Key.ID) {
		c := admin.Call{Op: "put", Key: service.Key}
		return c.Fail(gateway.Refused, 0, "services must be published here, and a template holds no upstreams beyond the service's own", nil).Error
	}
	s, err := g.scope(ctx)
	if err != nil {
		return err
	}
	if err := g.putTemplate(ctx, service); err != nil {
		return err
	}
	return g.publish(ctx, service.Key.ID, outward(s.outbound(service)))
}

// template returns the URL of a template. Templates belong to no gateway group.
func (l *link) template(s scope, key gateway.Key) string {
	return l.base + "/api/" + directories[key.Kind] + "/template/" + url.PathEscape(s.there(key.ID))
}

func (g *Gateway) putTemplate(ctx context.Context, r gateway.Resource) error {
	s, err := g.scope(ctx)
	if err != nil {
		return err
	}
	c := admin.Call{Op: "put template of", Key: r.Key, Method: http.MethodPut, URL: g.template(s, r.Key), Take: readWritten}
	if c.Body, c.Hidden, err = encode(outward(s.outbound(r))); err != nil {
		return failure(c, err).Error
	}
	return g.do(ctx, c)
}

// publishDelete takes a route out of its service's next version, or a service out of the gateway group.
func (g *Gateway) publishDelete(ctx context.Context, k gateway.Key) error {
	if err := g.canPublish("delete", k); err != nil {
		return err
	}
	if k.Kind == gateway.Services {
		return g.unpublish(ctx, k)
	}
	item, found, err := g.one(ctx, k)
	if err != nil {
		return err
	}
	return g.changeTemplate(k, func() error { return g.removeTemplate(ctx, k) }, func() error {
		if !found {
			return nil
		}
		return g.publish(ctx, text(item["service_id"]), nil)
	})
}

func (g *Gateway) removeTemplate(ctx context.Context, k gateway.Key) error {
	s, err := g.scope(ctx)
	if err != nil {
		return err
	}
	c := admin.Call{Op: "delete template of", Key: k, Method: http.MethodDelete, URL: g.template(s, k), Take: readDeleted}
	return g.orAbsent(ctx, c)
}

// orAbsent sends a request that is done as well when there is no such thing.
func (g *Gateway) orAbsent(ctx context.Context, c admin.Call) error {
	return g.client.Retry(ctx, c, func() *admin.Failure {
		f := g.once(ctx, c)
		if isAbsent(f) {
			return nil
		}
		return f
	})
}

// unpublish takes a service offline, removes it from the group, and its template when no group has it any more.
func (g *Gateway) unpublish(ctx context.Context, k gateway.Key) error {
	s, err := g.scope(ctx)
	if err != nil {
		return err
	}
	address, err := g.atGroup(ctx, k.ID)
	if err != nil {
		return err
	}
	if err := g.orAbsent(ctx, offline(k, address)); err != nil {
		return err
	}
	if err := g.orAbsent(ctx, admin.Call{Op: "delete", Key: k, Method: http.MethodDelete, URL: address, Take: readDeleted}); err != nil {
		return err
	}
	c := admin.Call{Op: "list groups that have", Key: k, Method: http.MethodGet,
		URL: g.base + "/api/services/" + url.PathEscape(s.there(k.ID)) + "/published_services"}
	elsewhere, err := g.pages(ctx, c, url.Values{})
	if own := asError(err); own != nil && own.Status == http.StatusNotFound && own.Class == gateway.Refused {
		return nil
	}
	if err != nil || len(elsewhere) > 0 {
		return err
	}
	return g.removeTemplate(ctx, k)
}

// atGroup returns the URL of a service as it is published to the gateway group.
func (l *link) atGroup(ctx context.Context, service string) (string, error) {
	s, err := l.scope(ctx)
	if err != nil {
		return "", err
	}
	group, err := l.groupID(ctx)
	return l.base + "/api/gateway_groups/" + url.PathEscape(group) + "/services/" + url.PathEscape(s.there(service)), err
}

// nextVersion is the version after the one that a service has: the commit's own, or one more of the same commit.
func nextVersion(base, current string) string {
	if current == base {
		return base + "-2"
	}
	suffix, ours := strings.CutPrefix(current, base+"-")
	if number, err := strconv.Atoi(suffix); ours && err == nil {
		return base + "-" + strconv.Itoa(number+1)
	}
	return base
}
