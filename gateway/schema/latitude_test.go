package schema_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/schema"
)

// texts are what places of a resource may hold: words that schemas know, and what patterns and lengths tell apart.
var texts = []string{
	"", "a", "b.acme.com", "*.acme.com", "bad host", "::1", "[::1]", "10.0.0.1", "/a", "GET", "roundrobin", "chash", "pass", "rewrite", "node", "header", "vars",
	"remote_addr", "consumer_name", "local", "redis", "http", "https", "0123456789012345678901234567890123456789012345678901234567890123456789",
}

// drawTexts makes a resource of a kind, and returns the places at which it has a drawn text.
func drawTexts(t *rapid.T) (spec func([]string) gateway.Resource, at []gateway.Path) {
	kind := rapid.SampledFrom([]gateway.Kind{gateway.Routes, gateway.Upstreams, gateway.Services, gateway.Consumers}).Draw(t, "kind")
	fields := map[gateway.Kind][]string{
		gateway.Routes: {"host", "hosts[0]", "hosts[1]", "uri", "desc", "methods[0]", "upstream.type", "upstream.nodes[0].host", "upstream.pass_host",
			"plugins.limit-count.policy", "plugins.limit-count.key", "plugins.cors.allow_origins", "plugins.consumer-restriction.whitelist[0]", "labels.a"},
		gateway.Upstreams: {"type", "hash_on", "key", "pass_host", "upstream_host", "scheme", "desc", "nodes[0].host", "name", "checks.active.type"},
		gateway.Services:  {"hosts[0]", "name", "upstream_id", "enable_websocket", "upstream.scheme"},
		gateway.Consumers: {"desc", "group_id", "plugins.key-auth.header", "labels.a"},
	}[kind]
	for _, field := range rapid.SliceOfNDistinct(rapid.SampledFrom(fields), 1, 4, rapid.ID[string]).Draw(t, "fields") {
		path, err := gateway.ParsePath(field)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, path)
	}
	return func(texts []string) gateway.Resource {
		body := map[string]any{"plugins": map[string]any{"limit-count": map[string]any{"count": int64(1), "time_window": int64(1)}}}
		switch kind {
		case gateway.Upstreams:
			body = map[string]any{"nodes": []any{map[string]any{"host": "h", "port": int64(80), "weight": int64(1)}}}
		case gateway.Routes:
			body["uri"], body["upstream"] = "/a", map[string]any{"nodes": []any{map[string]any{"host": "h", "port": int64(80), "weight": int64(1)}}}
		}
		for i, path := range at {
			set(body, path, texts[i])
		}
		return gateway.Resource{Key: gateway.Key{Kind: kind, ID: "r"}, Spec: body}
	}, at
}

// set puts a text at a place, and makes what is missing on the way.
func set(v any, at gateway.Path, text string) any {
	if len(at) == 0 {
		return text
	}
	if at[0].Field {
		m, _ := v.(map[string]any)
		if m == nil {
			m = map[string]any{}
		}
		m[at[0].Key] = set(m[at[0].Key], at[1:], text)
		return m
	}
	list, _ := v.([]any)
	for len(list) <= at[0].Index {
		list = append(list, "filler")
	}
	list[at[0].Index] = set(list[at[0].Index], at[1:], text)
	return list
}

// TestWhatALatitudeTakesIsInOrder puts other texts into a resource with which nothing is wrong.
func TestWhatALatitudeTakesIsInOrder(t *testing.T) {
	taken, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		resource, at := drawTexts(t)
		draw := rapid.SliceOfN(rapid.SampledFrom(texts), len(at), len(at))
		latitude, ok := schema.Core().Latitude(resource(draw.Draw(t, "first")), at)
		if !ok {
			return
		}
		for range 20 {
			others := draw.Draw(t, "others")
			if !latitude.Takes(others) {
				refused++
				continue
			}
			taken++
			if faults := schema.Core().Faults(resource(others)); len(faults) > 0 {
				t.Fatalf("%q are taken at %v, and %v is said", others, at, faults)
			}
		}
	})
	if taken == 0 || refused == 0 {
		t.Errorf("%d texts were taken and %d refused: this test proves nothing", taken, refused)
	}
}
