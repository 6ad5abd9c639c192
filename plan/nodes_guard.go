package plan

import (
	"fmt"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// manyNodes is the least number of nodes of which a plan should not take more than half without being asked again.
const manyNodes = 4

// checkNodes refuses updates that leave an upstream in use without a node that serves, and warns of those that take most of them.
func (d *diff) checkNodes() []Refusal {
	var refusals []Refusal
	for _, c := range d.updates {
		old, wasListed := nodesOf(upstreamOf(*c.Old))
		next, listed := nodesOf(upstreamOf(*c.New))
		switch {
		case !wasListed || !listed && findsNodes(*c.New) || upstreamOf(*c.New) == nil:
		case serving(old) && !serving(next):
			if d.inUse(c.Key) {
				refusals = append(refusals, refuseNodes(c.Key, len(next)))
			}
		case len(old) >= manyNodes && len(next)*2 < len(old):
			d.warnings.Add(diag.Warningf(c.New.Origin.Place(gateway.Path{gateway.Field("nodes")}), "most-nodes-go",
				"%s keeps %d of %d nodes: they take the requests of all the others", c.Key, len(next), len(old)).
				WithHint("remove a few nodes at a time, unless those that stay can carry everything"))
		}
	}
	return refusals
}

// findsNodes reports whether an upstream finds its nodes by discovery.
func findsNodes(r gateway.Resource) bool {
	_, found := upstreamOf(r)["service_name"]
	return found
}

func refuseNodes(key gateway.Key, left int) Refusal {
	what := fmt.Sprintf("takes the last nodes of %s: nothing would answer its requests", key)
	if left > 0 {
		what = fmt.Sprintf("sets the weight of every node of %s to 0: the gateway would send requests to all of them alike", key)
	}
	return Refusal{
		Guard: "nodes", What: what,
		Hint: "keep a node with a weight above 0, remove what sends requests there, or allow this plan",
	}
}

// inUse reports whether anything sends requests to an upstream when the plan is done. One that is inline is in use where it stands.
func (d *diff) inUse(key gateway.Key) bool {
	if key.Kind != gateway.Upstreams {
		return true
	}
	for _, state := range []gateway.State{d.desired, d.foreigners} {
		for _, r := range state {
			for _, to := range definitions(r) {
				if to == key {
					return true
				}
			}
		}
	}
	return false
}
