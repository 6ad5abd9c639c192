package api7

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// encode returns the body of a write and the secrets in it.
func encode(fields map[string]any) (body []byte, hidden []string, err error) {
	clear, hidden, err := admin.Reveal(fields)
	if err != nil {
		return nil, nil, err
	}
	body, err = admin.Encode(clear)
	return body, hidden, err
}

// outward returns the body of a resource as the API takes it. The extra upstreams of a service have requests of their own and are
// not in it.
func outward(r gateway.Resource) map[string]any {
	out := maps.Clone(r.Spec)
	if out == nil {
		out = map[string]any{}
	}
	if labels, ok := out["labels"].(map[string]any); ok {
		out["labels"] = flatLabels(labels)
	}
	if id := idText(out["service_id"]); id != "" {
		out["service_id"] = id
	}
	switch r.Key.Kind {
	case gateway.Services:
		outwardService(out, r.Key.ID)
	case gateway.Routes:
		outwardRoute(out, r.Key.ID)
	case gateway.StreamRoutes:
		out["stream_route_id"] = r.Key.ID
		orElse(out, "name", r.Key.ID)
	case gateway.Consumers:
		out["username"] = r.Key.ID
	case gateway.Credentials:
		_, id, _ := strings.Cut(r.Key.ID, "/")
		out["id"] = id
		orElse(out, "name", id)
	case gateway.SSLs:
		outwardSSL(out, r.Key.ID)
	case gateway.Protos:
		out["id"] = r.Key.ID
	}
	return out
}

func outwardService(out map[string]any, id string) {
	out["service_id"] = id
	orElse(out, "name", id)
	orElse(out, "type", serviceType(out))
	delete(out, "upstreams")
	delete(out, "status") // it has a request of its own
	if upstream, ok := out["upstream"].(map[string]any); ok {
		out["upstream"] = outwardUpstream(upstream)
	}
}

// serviceType is what kind of traffic a service takes when it doesn't say so itself.
func serviceType(service map[string]any) string {
	upstream, _ := service["upstream"].(map[string]any)
	switch text(upstream["scheme"]) {
	case "tcp", "udp", "tls":
		return "stream"
	}
	return "http"
}

func outwardRoute(out map[string]any, id string) {
	out["route_id"] = id
	orElse(out, "name", id)
	if paths := plural(out, "uri", "uris"); paths != nil {
		out["paths"] = paths
	}
	delete(out, "status") // the only one that Check lets pass is what the API does anyhow
}

func outwardSSL(out map[string]any, id string) {
	out["id"] = id
	orElse(out, "status", int64(1))
	orElse(out, "type", "server")
	if snis := plural(out, "sni", "snis"); snis != nil {
		out["snis"] = snis
	}
}

func outwardUpstream(upstream map[string]any) map[string]any {
	out := maps.Clone(upstream)
	if labels, ok := out["labels"].(map[string]any); ok {
		out["labels"] = flatLabels(labels)
	}
	if tls, ok := out["tls"].(map[string]any); ok && tls["client_cert_id"] != nil {
		tls = maps.Clone(tls)
		tls["client_cert_id"] = idText(tls["client_cert_id"])
		out["tls"] = tls
	}
	if nodes := nodeList(out["nodes"], out["scheme"]); nodes != nil {
		out["nodes"] = nodes
	}
	return out
}

// idText reads an id, which the config repo may write as a number; the API knows texts only.
func idText(v any) string {
	if number, ok := v.(int64); ok {
		return strconv.FormatInt(number, 10)
	}
	return text(v)
}

// plural takes a field that may be written as one or as a list, and returns the list; nil when it is not written.
func plural(out map[string]any, one, many string) any {
	list := out[many]
	if single, ok := out[one]; ok && list == nil {
		list = []any{single}
	}
	delete(out, one)
	delete(out, many)
	return list
}

func orElse(out map[string]any, field string, value any) {
	if _, ok := out[field]; !ok {
		out[field] = value
	}
}

// flatLabels writes a list of labels as the API holds it: as text.
func flatLabels(labels map[string]any) map[string]any {
	flat := make(map[string]any, len(labels))
	for name, value := range labels {
		flat[name] = value
		if list, ok := value.([]any); ok {
			if encoded, err := json.Marshal(list); err == nil {
				flat[name] = string(encoded)
			}
		}
	}
	return flat
}

// labelList reads a label that holds a list; nil when it holds a text.
func labelList(value any) []any {
	flat := text(value)
	if !strings.HasPrefix(flat, "[") {
		return nil
	}
	var list []any
	if json.Unmarshal([]byte(flat), &list) != nil {
		return nil
	}
	for _, item := range list {
		if _, ok := item.(string); !ok {
			return nil
		}
	}
	return list
}
