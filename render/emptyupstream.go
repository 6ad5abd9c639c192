package render

import (
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// emptyUpstreams looks at upstreams without nodes: a fault where requests are sent to one, else a warning.
func emptyUpstreams(state gateway.State, keys []gateway.Key) diag.List {
	var used map[gateway.Key]bool
	var faults diag.List
	for _, key := range keys {
		if key.Kind != gateway.Upstreams {
			continue
		}
		found := nodeFaults(state[key])
		if len(found) > 0 && used == nil {
			used = upstreamsInUse(state)
		}
		for _, fault := range found {
			if !used[key] {
				fault.Severity = diag.Warning
				fault = fault.WithHint("nothing uses it yet: name a node with a weight above 0 before something does")
			}
			faults.Add(fault)
		}
	}
	return faults
}

func upstreamsInUse(state gateway.State) map[gateway.Key]bool {
	used := map[gateway.Key]bool{}
	for _, r := range state {
		for _, ref := range gateway.Refs(r) {
			used[ref.To] = true
		}
	}
	return used
}
