package render

import (
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// streamConflicts warns of stream routes that take the same connections.
func streamConflicts(state gateway.State, keys []gateway.Key) diag.List {
	var warnings diag.List
	taken := map[string]gateway.Resource{}
	for _, key := range keys {
		route := state[key]
		if protocol, _ := route.Spec["protocol"].(map[string]any); key.Kind != gateway.StreamRoutes || protocol["superior_id"] != nil {
			continue
		}
		asked := map[string]any{}
		for _, field := range []string{"server_addr", "server_port", "remote_addr", "sni"} {
			if value, ok := route.Spec[field]; ok {
				asked[field] = value
			}
		}
		text := string(gateway.AppendCanonical(nil, asked))
		first, twice := taken[text]
		if !twice {
			taken[text] = route
			continue
		}
		warnings.Add(diag.Warningf(route.Origin.Place(nil), "route-overlap", "%s takes the same connections as %s", key, first.Key).
			WithHint("give one of them another server_port, sni or remote_addr: the gateway picks one of the two").
			WithAlso(first.Origin.Place(nil), "the other is at"))
	}
	return warnings
}
