package api7

import (
	"fmt"
	"maps"

	"github.com/sluice-gitops/sluice/gateway"
)

// identities are the fields that name a resource, in order of preference.
var identities = map[gateway.Kind][]string{
	gateway.Services: {"id", "service_id"}, gateway.Routes: {"id", "route_id"}, gateway.StreamRoutes: {"id", "stream_route_id"},
	gateway.Consumers: {"username"}, gateway.GlobalRules: {"id"}, gateway.SSLs: {"id"}, gateway.Protos: {"id"},
	gateway.Credentials: {"id"}, gateway.Secrets: {"id"},
}

// idOf reads which resource an item of a list is.
func idOf(kind gateway.Kind, item map[string]any) (string, error) {
	for _, field := range identities[kind] {
		if id := text(item[field]); id != "" {
			return id, nil
		}
	}
	if plugins, ok := item["plugins"].(map[string]any); ok && kind == gateway.GlobalRules && len(plugins) == 1 {
		for name := range plugins {
			return name, nil // a global rule is named after its one plugin
		}
	}
	return "", fmt.Errorf("one of %s has no %s", kind, identities[kind][0])
}

// inward turns what the API holds into a resource as the config repo would write it.
func inward(key gateway.Key, item map[string]any) (gateway.Resource, error) {
	spec := maps.Clone(item)
	switch key.Kind {
	case gateway.Services:
		inwardService(spec)
	case gateway.Routes:
		if paths, ok := spec["paths"]; ok {
			spec["uris"] = paths
		}
	case gateway.SSLs:
		if client, ok := spec["client"].(map[string]any); ok {
			spec["client"] = only(client, clientFields)
		}
	case gateway.Secrets:
		dropServerSet(spec, "id", "secret_manager", "manager", "create_time", "update_time", "created_at", "updated_at")
	}
	if known, ok := fieldsOf[key.Kind]; ok {
		spec = only(spec, known)
	}
	if key.Kind == gateway.Services && isOffline(item) {
		spec["status"] = int64(0) // seen as a difference: no config repo can say it
	}
	if labels, ok := spec["labels"].(map[string]any); ok {
		spec["labels"] = fullLabels(labels)
	}
	canonical, err := gateway.Canonical(gateway.WithoutNulls(spec))
	if err != nil {
		return gateway.Resource{}, fmt.Errorf("live %s: %w", key, err)
	}
	return gateway.Resource{Key: key, Spec: gateway.Seal(key, canonical.(map[string]any))}, nil
}

func dropServerSet(spec map[string]any, fields ...string) {
	for _, field := range fields {
		delete(spec, field)
	}
}

func inwardService(spec map[string]any) {
	if upstream, ok := spec["upstream"].(map[string]any); ok {
		spec["upstream"] = inwardUpstream(upstream)
	}
	delete(spec, "upstreams")
}

func inwardUpstream(item map[string]any) map[string]any {
	upstream := only(item, upstreamFields)
	if tls, ok := upstream["tls"].(map[string]any); ok {
		upstream["tls"] = only(tls, tlsFields)
	}
	if labels, ok := upstream["labels"].(map[string]any); ok {
		upstream["labels"] = fullLabels(labels)
	}
	nodes, _ := upstream["nodes"].([]any)
	for i, item := range nodes {
		if node, ok := item.(map[string]any); ok {
			nodes[i] = only(node, nodeFields)
		}
	}
	return upstream
}

// fullLabels reads back what flatLabels wrote.
func fullLabels(labels map[string]any) map[string]any {
	full := make(map[string]any, len(labels))
	for name, value := range labels {
		full[name] = value
		if list := labelList(value); list != nil {
			full[name] = list
		}
	}
	return full
}
