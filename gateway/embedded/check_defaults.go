package embedded

import (
	"crypto/rand"
	"encoding/base64"
	"maps"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// withDefaults fills in what the plugins' schemas preset, as the older version does before it stores. The value belongs to the
// caller.
func (g *Gateway) withDefaults(kind gateway.Kind, value map[string]any) map[string]any {
	plugins, ok := value["plugins"].(map[string]any)
	if !ok {
		return value
	}
	full := make(map[string]any, len(plugins))
	for name, conf := range plugins {
		full[name] = conf
		if s, ok := g.catalogue.plugin(name, kind); ok {
			full[name] = leftBehind(kind, name, s.filled(conf))
		}
	}
	value["plugins"] = full
	return value
}

// leftBehind adds what the older version's checks leave in a configuration besides the defaults.
func leftBehind(kind gateway.Kind, plugin string, conf any) any {
	fields, ok := conf.(map[string]any)
	switch {
	case !ok:
	case plugin == "jwt-auth" && (kind == gateway.Consumers || kind == gateway.Credentials):
		if fields["secret"] == nil && strings.HasPrefix(textOr(fields["algorithm"], ""), "HS") {
			fields = maps.Clone(fields)
			fields["secret"] = randomSecret()
			return fields
		}
	case plugin == "workflow":
		return numbered(fields)
	}
	return conf
}

func randomSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

// numbered writes the place of its rule into the configuration of each action.
func numbered(workflow map[string]any) map[string]any {
	rules, _ := workflow["rules"].([]any)
	out := make([]any, len(rules))
	for i, rule := range objects(rules) {
		rule = maps.Clone(rule)
		actions, _ := rule["actions"].([]any)
		marked := make([]any, len(actions))
		for j, action := range actions {
			marked[j] = numberedAction(action, i+1)
		}
		rule["actions"] = marked
		out[i] = rule
	}
	workflow = maps.Clone(workflow)
	workflow["rules"] = out
	return workflow
}

func numberedAction(action any, place int) any {
	pair, _ := action.([]any)
	if len(pair) < 2 {
		return action
	}
	conf, ok := pair[1].(map[string]any)
	if !ok {
		return action
	}
	conf = maps.Clone(conf)
	conf["_vid"] = float64(place)
	return []any{pair[0], conf}
}
