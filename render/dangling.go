package render

import (
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// dangling reports references to what is not in the state.
func (j *job) dangling() {
	if j.blind {
		return
	}
	for key, refs := range j.refs {
		for _, ref := range refs {
			if ref.Soft || j.exists(ref.To) || j.withinService(key, ref) {
				continue
			}
			fault := diag.Errorf(j.state[key].Origin.Place(ref.Path), "dangling-reference", "%s refers to %s, which does not exist in %s",
				key, ref.To, j.env.Name).WithHint("%s", diag.DidYouMean(ref.To.ID, idsOf(j.state, ref.To.Kind), "define it, or remove the reference"))
			if pos, ok := j.removed[ref.To]; ok {
				fault = fault.WithAlso(pos, "removed at")
			}
			j.faults.Add(fault)
		}
	}
}

// withinService reports whether a reference from a plugin means an upstream that a service holds itself, as in API7 Enterprise.
func (j *job) withinService(key gateway.Key, ref gateway.Ref) bool {
	if ref.To.Kind != gateway.Upstreams || len(ref.Path) == 0 || ref.Path[0].Key != "plugins" {
		return false
	}
	service := j.state[key]
	if id, ok := service.Spec["service_id"].(string); ok && key.Kind != gateway.Services {
		service = j.state[gateway.Key{Kind: gateway.Services, ID: id}]
	}
	held, _ := service.Spec["upstreams"].(map[string]any)
	_, found := held[ref.To.ID]
	return found
}

// exists reports whether the layers define a resource, be it with faults of its own.
func (j *job) exists(key gateway.Key) bool {
	_, removed := j.removed[key]
	return j.named[key] && !removed
}
