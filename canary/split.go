package canary

import (
	"maps"

	"github.com/sluice-gitops/sluice/gateway"
)

const trafficSplit = "traffic-split"

// split gives every carrier the traffic-split of a share.
func (s shift) split(state gateway.State, share int) {
	for _, key := range s.carriers {
		carrier := state[key]
		plugins := map[string]any{}
		maps.Copy(plugins, pluginsOf(carrier))
		plugins[trafficSplit] = s.conf(share)
		carrier.Spec = maps.Clone(carrier.Spec)
		carrier.Spec["plugins"] = plugins
		state[key] = carrier
	}
}

// conf sends a share to the copy, and the rest where the route's requests go without it: an entry without an upstream says so.
func (s shift) conf(share int) map[string]any {
	weighted := []any{
		map[string]any{"upstream_id": s.upstream.Key.ID, "weight": int64(share)},
		map[string]any{"weight": int64(100 - share)},
	}
	return map[string]any{"rules": []any{map[string]any{"weighted_upstreams": weighted}}}
}

// shareOf reads from a live carrier what share the copy has, in percent; false when it has no part in the split.
func (s shift) shareOf(live gateway.Resource) (int, bool) {
	conf, _ := pluginsOf(live)[trafficSplit].(map[string]any)
	named, sum, found := 0.0, 0.0, false
	for _, rule := range items(conf["rules"]) {
		for _, entry := range items(rule["weighted_upstreams"]) {
			weight := weightOf(entry)
			sum += weight
			if entry["upstream_id"] == s.upstream.Key.ID {
				named, found = named+weight, true
			}
		}
	}
	if sum <= 0 {
		return 0, found
	}
	return int(100 * named / sum), found
}

// weightOf reads a weight, which a gateway takes for 1 when it is left out.
func weightOf(entry map[string]any) float64 {
	switch weight := entry["weight"].(type) {
	case int64:
		return float64(weight)
	case float64:
		return weight
	}
	return 1
}

func pluginsOf(r gateway.Resource) map[string]any {
	plugins, _ := r.Spec["plugins"].(map[string]any)
	return plugins
}

// items returns the maps of a list.
func items(v any) []map[string]any {
	list, _ := v.([]any)
	var found []map[string]any
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			found = append(found, m)
		}
	}
	return found
}
