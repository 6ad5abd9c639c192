package canary

import (
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// apart reports whether the commit changes nothing of how requests to a service are handled but its upstream. Then the rest goes first:
// whatever it is, requests to the service meet all of the old or all of the new. Else routes would come, go and move while the service
// still has the old upstream.
func (c Course) apart(s shift) bool {
	return gateway.Equal(handling(c.old, s.service), handling(c.next, s.service)) && !c.sharesUpstream(s)
}

// handling is what decides about the requests of a service, beside its upstream: itself, the routes that follow it, and what they work by.
func handling(state gateway.State, service gateway.Key) map[string]any {
	bodies := map[string]any{}
	for _, key := range append(followers(state, service), service) {
		bodies[key.String()] = bare(state[key].Spec, upstreamFields...)
		for _, ref := range gateway.Refs(state[key]) {
			if ref.To.Kind == gateway.PluginConfigs || ref.To.Kind == gateway.Protos {
				bodies[ref.To.String()] = bare(state[ref.To].Spec)
			}
		}
	}
	return bodies
}

// sharesUpstream reports whether the upstream that a service names in old changes in place, and something that does not shift works by it
// in next: it can't be both for the one and the other.
func (c Course) sharesUpstream(s shift) bool {
	named, ok := namedUpstream(c.old, s.service)
	changed, stays := c.next[named.Key]
	if !ok || !stays || gateway.Equal(named.Spec, changed.Spec) {
		return false
	}
	for _, r := range c.next {
		names := slices.ContainsFunc(gateway.Refs(r), func(ref gateway.Ref) bool { return ref.To == named.Key })
		if names && !c.has(r.Key) {
			return true
		}
	}
	return false
}

// complete adds what the services that shift, their routes and the copies can't work without, from old or from next: the one state may
// have it no longer, the other not yet.
func (c Course) complete(state gateway.State) {
	var open []gateway.Resource
	for _, s := range c.shifts {
		open = append(open, state[s.service], s.upstream)
	}
	for len(open) > 0 {
		refs := gateway.Refs(open[0])
		open = open[1:]
		for _, ref := range refs {
			if _, there := state[ref.To]; there || ref.Soft && ref.To.Kind != gateway.Secrets {
				continue
			}
			if r, ok := c.find(ref.To); ok {
				state[ref.To] = r
				open = append(open, r)
			}
		}
	}
}

func (c Course) find(key gateway.Key) (gateway.Resource, bool) {
	for _, state := range []gateway.State{c.old, c.next} {
		if r, ok := state[key]; ok {
			return r, true
		}
	}
	return gateway.Resource{}, false
}
