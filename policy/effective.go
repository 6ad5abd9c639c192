package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// effective returns the plugins that run for a resource: its own, those of its plugin config, those of its service; those of its
// consumer group for a consumer. As in the gateway the nearer one wins whole, nothing is merged inside a plugin, and one that is
// switched off hides the plugin of its name behind it.
func (r *resource) effective() *object {
	if r.plugins != nil {
		return r.plugins
	}
	merged := map[string]any{}
	for _, from := range []*resource{r.referred("service_id"), r.referred("plugin_config_id"), r.referred("group_id"), r} {
		if from != nil {
			plugins, _ := from.Spec["plugins"].(map[string]any)
			maps.Copy(merged, plugins)
		}
	}
	maps.DeleteFunc(merged, func(_ string, conf any) bool { return switchedOff(conf) })
	r.plugins = newObject(merged)
	return r.plugins
}

func switchedOff(conf any) bool {
	fields, _ := conf.(map[string]any)
	meta, _ := fields["_meta"].(map[string]any)
	return meta["disable"] == true
}

// upstream returns where the requests of a resource go: its own upstream before that of its service, whether it stands inside or is
// referred to. An upstream is its own. It is empty when there is none.
func (r *resource) upstream() *object {
	if r.Key.Kind == gateway.Upstreams {
		return r.body
	}
	for _, from := range []*resource{r, r.referred("service_id")} {
		if from == nil {
			continue
		}
		if inside, ok := from.Spec["upstream"].(map[string]any); ok {
			return newObject(inside)
		}
		if to := from.referred("upstream_id"); to != nil {
			return to.body
		}
	}
	return newObject(nil)
}

// service returns the service of a route, a service itself, and an empty map otherwise.
func (r *resource) service() *object {
	if r.Key.Kind == gateway.Services {
		return r.body
	}
	if service := r.referred("service_id"); service != nil {
		return service.body
	}
	return newObject(nil)
}

// hosts returns the hosts that a resource answers for, in lower case, as the gateway compares them: of a route without hosts those
// of its service, of a certificate its names. An empty list stands for every host.
func (r *resource) hosts() []string {
	var hosts []string
	for _, from := range []*resource{r, r.referred("service_id")} {
		if from == nil || len(hosts) > 0 {
			continue
		}
		for _, field := range []string{"host", "sni"} {
			if host, ok := from.Spec[field].(string); ok {
				hosts = append(hosts, host)
			}
		}
		hosts = slices.Concat(hosts, texts(from.Spec["hosts"]), texts(from.Spec["snis"]))
	}
	for i, host := range hosts {
		hosts[i] = strings.ToLower(host)
	}
	return hosts
}

// uris returns the paths of a route.
func (r *resource) uris() []string {
	if uri, ok := r.Spec["uri"].(string); ok {
		return []string{uri}
	}
	return texts(r.Spec["uris"])
}
