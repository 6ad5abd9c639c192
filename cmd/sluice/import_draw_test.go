package main

import (
	"fmt"
	"maps"
	"strings"

	"pgregory.net/rapid"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/importer"
)

// someCertificate is for a.example, and good for a hundred years. Its private key is nowhere.
const someCertificate = `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUCgjO1INUzmt9OgcBmRurhceW1/IwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJYS5leGFtcGxlMCAXDTI2MTEyMTE1MzYxMloYDzIxMjYxMDI4
MTUzNjEyWjAUMRIwEAYDVQQDDAlhLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASM4QmeVVoIkGNmL0kOz7wJsZ1KlBLKRErp54M+FX58aYASarxHDXN2
0ZrPWPVf/9n7W/SVUs+OwWew4a1LW+cLo2kwZzAdBgNVHQ4EFgQUStcVtwYLewlc
LdO1UETjGNvKuegwHwYDVR0jBBgwFoAUStcVtwYLewlcLdO1UETjGNvKuegwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglhLmV4YW1wbGUwCgYIKoZIzj0EAwID
SQAwRgIhALVBQjloNpbObprXw3doc7J7Wu4CS38wzwSkbTtwQ7b2AiEAw3kXET5N
Kusy7xptmlhmUkpgEKYx2gwZWOJ72Sous/4=
-----END CERTIFICATE-----`

// canary is in every secret that is drawn.
const canary = "canary7f3a"

// drawGroups makes gateway groups that have some resources alike, some in part, and some by themselves.
func drawGroups(t *rapid.T) []importer.Group {
	shared := drawState(t)
	var groups []importer.Group
	for i := range rapid.IntRange(1, 4).Draw(t, "groups") {
		state := gateway.State{}
		for _, key := range shared.Keys() {
			spec := shared[key].Spec
			switch rapid.IntRange(0, 4).Draw(t, "variation") {
			case 0:
				spec = drawSpec(t, key)
			case 1:
				spec = maps.Clone(spec)
				if key.Kind.HasLabels() {
					spec["labels"] = map[string]any{"of": fmt.Sprint(i), gateway.ManagedBy: "adc"}
				}
			}
			state[key] = gateway.Resource{Key: key, Spec: gateway.Seal(key, spec)}
		}
		// A group may lack what nothing else needs.
		for _, kind := range []gateway.Kind{gateway.Routes, gateway.GlobalRules, gateway.Credentials, gateway.SSLs} {
			for _, key := range state.Keys() {
				if key.Kind == kind && rapid.IntRange(0, 3).Draw(t, "lacks") == 0 && len(state) > 1 {
					delete(state, key)
				}
			}
		}
		groups = append(groups, importer.Group{
			Name: fmt.Sprintf("g%d", i), Environment: fmt.Sprintf("env%d", rapid.IntRange(0, 1).Draw(t, "env")), Live: state,
		})
	}
	return groups
}

// drawState makes a state whose references all lead somewhere.
func drawState(t *rapid.T) gateway.State {
	state := gateway.State{}
	for _, kind := range gateway.Kinds() {
		most := 2
		if kind == gateway.GlobalRules {
			most = 1 // no two of them may hold the same plugin
		}
		for i := range rapid.IntRange(1, most).Draw(t, "count") {
			id := fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"a", "1", "0", "x.y_z-", "off"}).Draw(t, "id"), i)
			switch kind {
			case gateway.Consumers, gateway.Credentials:
				id = "alice"
				if kind == gateway.Credentials {
					id = fmt.Sprintf("alice/c%d", i)
				}
			case gateway.Secrets:
				id = "vault/" + id
			case gateway.PluginMetadata:
				id = []string{"http-logger", "syslog"}[i]
			case gateway.Services:
				id = "service"
			case gateway.Upstreams:
				id = []string{"7", "upstream"}[i]
			}
			key := gateway.Key{Kind: kind, ID: id}
			state[key] = gateway.Resource{Key: key, Spec: drawSpec(t, key)}
		}
	}
	first := gateway.Key{Kind: gateway.Upstreams, ID: "7"}
	state[first] = gateway.Resource{Key: first, Spec: drawSpec(t, first)}
	return state
}

// drawSpec makes a body that a gateway would take, with texts of all sorts in it.
func drawSpec(t *rapid.T, key gateway.Key) map[string]any {
	plugins := map[string]any{
		"proxy-rewrite": map[string]any{"headers": map[string]any{"set": drawHeaders(t)}},
		"http-logger":   map[string]any{"uri": "http://l", "auth_header": canary + drawText(t)},
		"echo":          drawAny(t, 3),
	}
	delete(plugins, rapid.SampledFrom([]string{"proxy-rewrite", "http-logger", "echo"}).Draw(t, "without"))
	switch key.Kind {
	case gateway.Upstreams:
		return map[string]any{"nodes": drawNodes(t), "desc": drawText(t), "retries": int64(rapid.IntRange(0, 3).Draw(t, "retries"))}
	case gateway.Services:
		return map[string]any{"upstream_id": int64(7), "hosts": []any{"a.example"}, "plugins": plugins}
	case gateway.Routes:
		route := map[string]any{"uri": "/" + key.ID, "name": "n" + drawText(t), "plugins": plugins}
		if rapid.Bool().Draw(t, "service") {
			route["service_id"] = "service"
		} else {
			route["upstream"] = map[string]any{"nodes": drawNodes(t)}
		}
		return route
	case gateway.StreamRoutes:
		return map[string]any{"upstream_id": "7", "server_port": int64(9100), "desc": drawText(t)}
	case gateway.SSLs:
		return map[string]any{"type": "client", "cert": someCertificate + strings.Repeat("\n", rapid.IntRange(0, 1).Draw(t, "newline")), "desc": drawText(t)}
	case gateway.Protos:
		return map[string]any{"content": "x" + drawText(t) + "\nsyntax;\n" + drawText(t) + "\n"}
	case gateway.Secrets:
		return map[string]any{"uri": "http://v", "prefix": drawText(t) + "p", "token": canary + drawText(t)}
	case gateway.PluginMetadata:
		return map[string]any{"log_format": drawTexts(t)}
	case gateway.Consumers:
		return map[string]any{"desc": drawText(t), "plugins": map[string]any{"key-auth": map[string]any{"key": canary + drawText(t)}}}
	case gateway.Credentials:
		return map[string]any{"plugins": map[string]any{"basic-auth": map[string]any{"username": "u" + key.ID, "password": canary + drawText(t)}}}
	}
	return map[string]any{"plugins": plugins}
}

func drawNodes(t *rapid.T) any {
	if rapid.Bool().Draw(t, "list") {
		return []any{map[string]any{"host": "a", "port": int64(80), "weight": int64(rapid.IntRange(1, 3).Draw(t, "weight"))}}
	}
	nodes := map[string]any{}
	for i := range rapid.IntRange(1, 3).Draw(t, "nodes") {
		nodes[fmt.Sprintf("10.0.0.%d:80", rapid.IntRange(0, 3).Draw(t, "host")+i)] = int64(1)
	}
	return nodes
}

// drawHeaders draws headers, one of which is a secret that no list names.
func drawHeaders(t *rapid.T) map[string]any {
	headers := drawTexts(t)
	headers["X-Api-Key"] = canary + drawText(t)
	return headers
}

func drawTexts(t *rapid.T) map[string]any {
	m := map[string]any{}
	for range rapid.IntRange(1, 3).Draw(t, "texts") {
		m[drawText(t)] = drawText(t)
	}
	return m
}

func drawAny(t *rapid.T, depth int) any {
	switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case depth == 3 || kind == 0 && depth > 0:
		m := map[string]any{}
		for range rapid.IntRange(0, 3).Draw(t, "fields") {
			m[drawText(t)] = drawAny(t, depth-1)
		}
		return m
	case kind == 1 && depth > 0:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			list = append(list, drawAny(t, depth-1))
		}
		return list
	case kind == 2:
		return rapid.Bool().Draw(t, "bool")
	case kind == 3:
		return rapid.Float64Range(0.001, 0.999).Draw(t, "float")
	case kind == 4:
		return rapid.Int64Range(-1<<40, 1<<40).Draw(t, "int")
	}
	return drawText(t)
}

// drawText draws what YAML, our references and people's texts are made of.
func drawText(t *rapid.T) string {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "yes", "null", "~", "0755", "1.0", "1e3", "-", "- a", "a: b", "#c", " lead", "trail ", "${vars.x}", "$${x}", "$${", "${", "$$$", "!reset", "*a",
			"&a", "|", "<<", "=", "a\nb\nc\n", "\n", "a\n\nb\n", "\ttab\nx\ny\n", "\u2028", "\ufeff", "é", "😀", "{a}", "[a]", "'", "\"", "\\", "2026-01-02", "$remote_addr",
			"$secret://vault/1/k", ".inf", "0x1f", "1_000", "%", "@a", "`a`", "?", "? a", "a #b", "a:", ":a", ",", "a, b",
		}),
		rapid.StringMatching(`[a-zA-Z0-9 :#{}$!&*\[\],.\n"'-]{0,12}`),
	).Draw(t, "text")
}
