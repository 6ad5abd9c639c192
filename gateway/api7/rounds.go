package api7

import (
	"context"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// rounds bundle what is published of one service: all who come while a publication is under way share the next one.
type rounds struct {
	mu    sync.Mutex
	next  map[string]*round
	gates map[string]*sync.Mutex // one publication of a service at a time
}

// round is one publication to come. Its body is written under the lock of rounds until it begins.
type round struct {
	once sync.Once
	body map[string]any // the service as it was last written; nil for as it is live
	err  error
}

func (r *rounds) join(service string, body map[string]any) (*round, *sync.Mutex) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gates[service] == nil {
		r.gates[service] = &sync.Mutex{}
	}
	if r.next[service] == nil {
		r.next[service] = &round{}
	}
	if body != nil {
		r.next[service].body = body
	}
	return r.next[service], r.gates[service]
}

// begin closes a round: who comes now waits for the next.
func (r *rounds) begin(service string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.next, service)
}

// publish makes the templates of a service live, under a version that is named after the commit.
func (g *Gateway) publish(ctx context.Context, service string, body map[string]any) error {
	mine, gate := g.rounds.join(service, body)
	mine.once.Do(func() {
		gate.Lock()
		defer gate.Unlock()
		g.rounds.begin(service)
		mine.err = g.publishOnce(ctx, service, mine.body)
	})
	return mine.err
}

// mostVersions bounds the search for a version that no earlier publication has taken.
const mostVersions = 5

func (g *Gateway) publishOnce(ctx context.Context, service string, body map[string]any) error {
	if err := g.canPublish("publish", serviceKey(service)); err != nil { // a route of ours may have been put into a service of others
		return err
	}
	if err := g.doubts.settle(func(key gateway.Key) error { return g.asLive(ctx, key) }); err != nil {
		return err
	}
	if body == nil {
		var err error
		if body, err = g.liveBody(ctx, service); err != nil {
			return err
		}
	}
	version, offline, err := g.publishedVersion(ctx, service)
	if err != nil {
		return err
	}
	base := g.cfg.PublishVersion(g.commit)
	for range mostVersions {
		version = nextVersion(base, version)
		err = g.sendPublish(ctx, service, version, body)
		if own := asError(err); own == nil || own.Class != gateway.Refused || !strings.Contains(strings.ToLower(own.Reason), "version") {
			break
		}
	}
	if err == nil && offline {
		return g.online(ctx, serviceKey(service))
	}
	return err
}

// sendPublish publishes a body, which has the id of the control plane in it, under a version.
func (g *Gateway) sendPublish(ctx context.Context, service, version string, body map[string]any) error {
	group, err := g.groupID(ctx)
	if err != nil {
		return err
	}
	item := maps.Clone(body)
	item["version"] = version
	c := admin.Call{Op: "publish", Key: serviceKey(service), Method: http.MethodPost, URL: g.base + "/api/services/publish", Take: readDeleted}
	c.Body, c.Hidden, err = encode(map[string]any{
		"create_new_version": true, "gateway_group_id": group, "services": []any{item},
	})
	if err != nil {
		return failure(c, err).Error
	}
	return g.do(ctx, c)
}

// publishedVersion is the version that a service has in the group, "" when it has none, and whether it was taken offline.
func (g *Gateway) publishedVersion(ctx context.Context, service string) (version string, offline bool, err error) {
	c := admin.Call{Op: "read version of", Key: serviceKey(service), Method: http.MethodGet}
	if c.URL, err = g.atGroup(ctx, service); err != nil {
		return "", false, err
	}
	c.Take = func(header http.Header, body io.Reader) error {
		value, err := readValue(header, body)
		version, offline = text(value["version"]), isOffline(value)
		return err
	}
	return version, offline, g.orAbsent(ctx, c)
}

// liveBody is the service as it is, for a publication that only its routes need.
func (g *Gateway) liveBody(ctx context.Context, service string) (map[string]any, error) {
	key := serviceKey(service)
	c := admin.Call{Op: "publish", Key: key}
	item, found, err := g.one(ctx, key)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, c.Fail(gateway.Refused, http.StatusNotFound, "there is no such service to publish", nil).Error
	}
	live, err := inward(key, item)
	if err != nil {
		return nil, unreadable(key, err)
	}
	upstream, _ := live.Spec["upstream"].(map[string]any)
	tls, _ := upstream["tls"].(map[string]any)
	if tls["client_cert"] != nil && tls["client_key"] == nil {
		reason := "the gateway hides the private key of its upstream, so that its routes can't be published: use client_cert_id"
		return nil, c.Fail(gateway.Refused, 0, reason, nil).Error
	}
	s, err := g.scope(ctx)
	return outward(s.outbound(live)), err
}
