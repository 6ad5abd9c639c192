package render

import (
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// dangling reports references to what is not in the state.
func (j *job) dangling() {
	if j.blind {
		return
	}
	for _, r := range j.doubtful() {
		if j.exists(r.ref.To) || j.withinService(r.from, r.ref) {
			continue
		}
		fault := diag.Errorf(j.state[r.from].Origin.Place(r.ref.Path), "dangling-reference", "%s refers to %s, which does not exist in %s",
			r.from, r.ref.To, j.env.Name).WithHint("%s", diag.DidYouMean(r.ref.To.ID, idsOf(j.state, r.ref.To.Kind), "define it, or remove the reference"))
		if pos, ok := j.removedAt(r.ref.To); ok {
			fault = fault.WithAlso(pos, "removed at")
		}
		j.faults.Add(fault)
	}
}

// doubtful returns the references that may dangle: the group's own, and of the floor those that did by themselves, or all of them where
// the layers above remove something.
func (j *job) doubtful() []tie {
	below := j.floor.unmet
	if len(j.removed) > 0 {
		below = j.floor.references()
	}
	below = slices.DeleteFunc(slices.Clone(below), func(r tie) bool { return j.above[r.stack] != nil })
	return append(below, j.refs...)
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
	_, removed := j.removedAt(key)
	return !removed && (j.above[key] != nil || j.floor.stacks[key] != nil)
}

// removedAt returns where !reset removed a resource, when it did and nothing above has brought it back.
func (j *job) removedAt(key gateway.Key) (diag.Pos, bool) {
	if pos, ok := j.removed[key]; ok {
		return pos, true
	}
	if s := j.floor.settled[key]; s != nil && s.removed && j.above[key] == nil {
		return s.pos, true
	}
	return diag.Pos{}, false
}
