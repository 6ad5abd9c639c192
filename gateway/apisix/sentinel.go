package apisix

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// Sentinel allows the client to own one route of the group, with a service and a plugin config of the same id, that no user
// sees: it answers with marks that are renewed after a step was written, so that a request shows what a worker has taken. A
// worker takes the changes of one kind in order: the mark of the route stands for all routes, and so on. A global rule that
// keeps strangers out keeps the sentinel's requests out, too.
//
// What the client wrote for a sentinel is not in Live and Read. It stays until it is no longer allowed: the first Settle of a
// client that finds one and may have none takes it away.
type Sentinel struct {
	Path string // as /sluice-sentinel, which must be no path of another route; empty allows no sentinel
	Host string // the host of its route and its requests; empty means sluice-sentinel.invalid
}

// The sentinel's resources share an id. The label tells them from a resource that happens to have it.
const (
	sentinelID    = "sluice-sentinel"
	sentinelLabel = "sluice"
	sentinelRole  = "sentinel"
)

// The marks of the service and the plugin config are headers. Of the latter the mark is part of the name, since that is what its
// plugin can set.
const (
	serviceMark      = "X-Sluice-Service"
	pluginConfigMark = "X-Sluice-Plugin-Config-"
)

// sentinelKinds are the kinds that a sentinel can show, in the order in which they are written.
var sentinelKinds = []gateway.Kind{gateway.PluginConfigs, gateway.Services, gateway.Routes}

func sentinelKind(kind gateway.Kind) bool {
	return kind == gateway.PluginConfigs || kind == gateway.Services || kind == gateway.Routes
}

func sentinelKey(kind gateway.Kind) gateway.Key { return gateway.Key{Kind: kind, ID: sentinelID} }

// isSentinel reports whether a live resource is the sentinel's own.
func isSentinel(r gateway.Resource) bool {
	return r.Key.ID == sentinelID && sentinelKind(r.Key.Kind) && r.Labels()[sentinelLabel] == sentinelRole
}

// watches reports whether the sentinel may be asked for at an instance.
func (g *Gateway) watches(instance Instance) bool {
	return g.cfg.Sentinel.Path != "" && instance.ProxyURL != ""
}

func (s Sentinel) check() error {
	if s.Path != "" && !strings.HasPrefix(s.Path, "/") || s.Path == "" && s.Host != "" {
		return fmt.Errorf("sentinel %q: want a path that begins with /", s.Path)
	}
	return nil
}

func (s Sentinel) host() string { return cmp.Or(s.Host, "sluice-sentinel.invalid") }

// resource is the part of the sentinel of one kind, with a mark.
func (s Sentinel) resource(kind gateway.Kind, nonce string) gateway.Resource {
	spec := map[string]any{
		"desc":   "shows which changes a worker has taken",
		"labels": map[string]any{gateway.ManagedBy: gateway.ManagedBySluice, sentinelLabel: sentinelRole},
	}
	switch kind {
	case gateway.PluginConfigs:
		spec["plugins"] = map[string]any{"request-id": map[string]any{"header_name": pluginConfigMark + nonce, "include_in_response": true}}
	case gateway.Services:
		spec["plugins"] = map[string]any{"response-rewrite": map[string]any{
			"headers": map[string]any{"set": map[string]any{serviceMark: nonce}},
		}}
	case gateway.Routes:
		spec["uri"], spec["host"] = s.Path, s.host()
		spec["service_id"], spec["plugin_config_id"] = sentinelID, sentinelID
		spec["plugins"] = map[string]any{"fault-injection": map[string]any{
			"abort": map[string]any{"http_status": int64(http.StatusOK), "body": nonce},
		}}
	}
	return gateway.Resource{Key: sentinelKey(kind), Spec: spec}
}
