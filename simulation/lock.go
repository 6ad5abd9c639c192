package simulation

import (
	"fmt"

	"github.com/sluice-gitops/sluice/gateway"
)

// One route of every commit is locked: a plugin refuses who may not come in. Where that plugin stands moves from commit to commit; no worker
// may ever answer the route without it.
const (
	lockID     = "lock"
	lockURI    = "/locked"
	lockPlugin = "ip-restriction"
)

// The places where the plugin stands.
const (
	lockOnRoute = iota
	lockOnConfig
	lockOnService
	lockPlaces
)

// lockUp adds the locked route and what it needs to a fragment.
func (c content) lockUp(services, routes, configs map[string]any) {
	plugins := map[string]any{lockPlugin: map[string]any{"whitelist": []string{"10.0.0.0/8"}}}
	route := map[string]any{"service_id": lockID, "uri": lockURI}
	service := map[string]any{"upstream": map[string]any{"nodes": map[string]any{fmt.Sprintf("10.0.0.99:%d", 1980+c.lockPort): 1}}}
	switch c.lock {
	case lockOnRoute:
		route["plugins"] = plugins
	case lockOnConfig:
		route["plugin_config_id"] = lockID
		configs[lockID] = map[string]any{"plugins": plugins}
	case lockOnService:
		service["plugins"] = plugins
	}
	routes[lockID], services[lockID] = route, service
}

// opened reports whether the worker answers the locked route to everybody. A route whose references dangle is another promise.
func (v *view) opened(route event) bool {
	if route.spec["uri"] != lockURI || locks(route.spec) {
		return false
	}
	for _, ref := range gateway.Refs(gateway.Resource{Key: route.key, Spec: route.spec}) {
		if next, there := v.objects[ref.To]; there && locks(next.spec) {
			return false
		}
	}
	return true
}

func locks(spec map[string]any) bool {
	plugins, _ := spec["plugins"].(map[string]any)
	_, locked := plugins[lockPlugin]
	return locked
}
