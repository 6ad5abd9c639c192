package api7

import "github.com/sluice-gitops/sluice/gateway/schema"

// fieldsOf names the fields that the config repo may give each kind, and the API can hold. What the API returns beyond these is
// its own affair.
var fieldsOf = schema.API7Kinds()

var upstreamFields, nodeFields, tlsFields, clientFields = insides()

func insides() (upstream, node, tls, client map[string]bool) {
	inside := schema.API7Inside()
	return inside.Upstream, inside.Node, inside.TLS, inside.Client
}

func set(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}

// only returns the fields of m that are known, without the nulls that stand for fields that aren't there.
func only(m map[string]any, known map[string]bool) map[string]any {
	kept := make(map[string]any, len(m))
	for field, value := range m {
		if known[field] && value != nil {
			kept[field] = value
		}
	}
	return kept
}
