package render

import (
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// placedUpstream is an upstream and its place in a resource.
type placedUpstream struct {
	body map[string]any
	at   gateway.Path
}

// upstreams returns the upstreams that a resource holds: itself, an inline one, and those of traffic-split rules.
func upstreams(r gateway.Resource) []placedUpstream {
	if r.Key.Kind == gateway.Upstreams {
		return []placedUpstream{{r.Spec, nil}}
	}
	var found []placedUpstream
	add := func(v any, at gateway.Path) {
		if body, ok := v.(map[string]any); ok {
			found = append(found, placedUpstream{body, at})
		}
	}
	switch r.Key.Kind {
	case gateway.Routes, gateway.Services, gateway.StreamRoutes:
		add(r.Spec["upstream"], gateway.Path{gateway.Field("upstream")})
	}
	split, at := pluginOf(r, "traffic-split")
	rules, _ := split["rules"].([]any)
	for i, rule := range rules {
		rule, _ := rule.(map[string]any)
		weighted, _ := rule["weighted_upstreams"].([]any)
		for j, entry := range weighted {
			entry, _ := entry.(map[string]any)
			place := at.With(gateway.Field("rules")).With(gateway.Item(i)).With(gateway.Field("weighted_upstreams")).With(gateway.Item(j))
			add(entry["upstream"], place.With(gateway.Field("upstream")))
		}
	}
	return found
}

// pluginOf returns the configuration of a plugin and its place; nil when it is not there or is switched off.
func pluginOf(r gateway.Resource, name string) (map[string]any, gateway.Path) {
	plugins, _ := r.Spec["plugins"].(map[string]any)
	conf, _ := plugins[name].(map[string]any)
	if meta, _ := conf["_meta"].(map[string]any); conf == nil || meta["disable"] == true {
		return nil, nil
	}
	return conf, gateway.Path{gateway.Field("plugins"), gateway.Field(name)}
}

// nodeFaults refuses upstreams that nothing can be sent to.
func nodeFaults(r gateway.Resource) diag.List {
	var faults diag.List
	for _, upstream := range upstreams(r) {
		nodes, ok := upstream.body["nodes"]
		if !ok {
			continue
		}
		what := "has no nodes: every request gets a 503"
		if count, weighted := weigh(nodes); weighted {
			continue
		} else if count > 0 {
			what = "has nodes of weight 0 only"
		}
		place := r.Origin.Place(upstream.at.With(gateway.Field("nodes")))
		faults.Add(diag.Errorf(place, "no-nodes", "%s %s", upstreamText(r.Key, upstream.at), what).
			WithHint("name a node with a weight above 0, or remove the upstream and what uses it"))
	}
	return faults
}

func upstreamText(key gateway.Key, at gateway.Path) string {
	if len(at) == 0 {
		return key.String()
	}
	return at.String() + " of " + key.String()
}

// weigh counts nodes in either form, and reports whether one of them takes requests.
func weigh(nodes any) (count int, weighted bool) {
	var weights []any
	switch nodes := nodes.(type) {
	case map[string]any:
		for _, weight := range nodes {
			weights = append(weights, weight)
		}
	case []any:
		for _, item := range nodes {
			node, _ := item.(map[string]any)
			weights = append(weights, node["weight"])
		}
	default:
		return 0, true // the schema says what is wrong
	}
	for _, weight := range weights {
		weighted = weighted || weight != int64(0)
	}
	return len(weights), weighted
}
