package api7

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// scope is what the ids of a gateway group begin with where services are published. Templates belong to the whole control plane, and
// what is published has the id of its template: with plain ids, two gateway groups that have a service of the same id would publish
// each other's routes.
//
//	services/shop here  =  3f2a9c01b7de-shop there
//
// What begins otherwise was made by others. It is shown as plain:ID, which no config repo can name, and as owned by nobody, so that
// it is seen and never written. The empty scope changes nothing.
type scope string

const plain = "plain:"

// published are the kinds that go by way of templates.
var published = map[gateway.Kind]bool{gateway.Services: true, gateway.Routes: true, gateway.StreamRoutes: true}

// scope returns that of this gateway group; the empty one where nothing is published. Errors are *gateway.Error.
func (l *link) scope(ctx context.Context) (scope, error) {
	if !l.cfg.Publish {
		return "", nil
	}
	group, err := l.groupID(ctx)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(group))
	return scope(hex.EncodeToString(sum[:6]) + "-"), nil
}

// there returns the id that the control plane knows.
func (s scope) there(id string) string {
	if s == "" {
		return id
	}
	if raw, ok := strings.CutPrefix(id, plain); ok {
		return raw
	}
	return string(s) + id
}

// here returns the id that the config repo knows.
func (s scope) here(id string) string {
	if s == "" {
		return id
	}
	if own, ok := strings.CutPrefix(id, string(s)); ok {
		return own
	}
	return plain + id
}

// key returns how the control plane names a resource.
func (s scope) key(key gateway.Key) gateway.Key {
	if published[key.Kind] {
		key.ID = s.there(key.ID)
	}
	return key
}

// outbound returns a resource with the ids of the control plane. Its name stays that of the config repo.
func (s scope) outbound(r gateway.Resource) gateway.Resource {
	spec := maps.Clone(r.Spec)
	if spec == nil {
		spec = map[string]any{}
	}
	orElse(spec, "name", r.Key.ID)
	if id := idText(spec["service_id"]); id != "" {
		spec["service_id"] = s.there(id)
	}
	return gateway.Resource{Key: s.key(r.Key), Spec: spec}
}

// inbound gives an item that was read the ids of the config repo.
func (s scope) inbound(kind gateway.Kind, item map[string]any) {
	if s == "" || !published[kind] {
		return
	}
	for _, field := range []string{"id", "service_id", "route_id", "stream_route_id"} {
		if id := text(item[field]); id != "" {
			item[field] = s.here(id)
		}
	}
	id, err := idOf(kind, item)
	if labels, ok := item["labels"].(map[string]any); ok && (err != nil || strings.HasPrefix(id, plain)) {
		delete(labels, gateway.ManagedBy)
	}
}
