package canary

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// prefix begins the ids of the copies of new upstreams. It is one of a plan's own, so that they are temporary wherever that counts.
const prefix = gateway.DetourPrefix + "canary-"

// shift is one service on its way to another upstream.
type shift struct {
	pos      diag.Pos
	service  gateway.Key
	steps    []int
	in       Upstreams
	upstream gateway.Resource // the copy of the new upstream
	carriers []gateway.Key    // what gets the split
}

func newShift(old, next gateway.State, rule Rule, in Upstreams) (shift, bool) {
	service := serviceKey(rule.Service)
	was, had := upstreamOf(old, service)
	willBe, has := upstreamOf(next, service)
	if len(rule.Steps) == 0 || !had || !has || gateway.Equal(bare(was.Spec), bare(willBe.Spec)) {
		return shift{}, false
	}
	s := shift{
		pos: rule.Pos, service: service, steps: rule.Steps, in: in,
		upstream: copyOf(willBe, service), carriers: carriers(old, next, service, in),
	}
	if place := willBe.Origin.Place(nil); !place.IsZero() {
		s.pos = place
	}
	return s, len(s.carriers) > 0 || len(streams(old, service))+len(streams(next, service)) > 0
}

// share is the part of the new upstream at a step of a course with so many of them.
func (s shift) share(step, steps int) int {
	switch {
	case step <= 0:
		return 0
	case step > steps:
		return 100
	}
	return s.steps[min(step, len(s.steps))-1]
}

// add puts the copy where the gateway keeps upstreams. What is in a service needs no label: the service has it.
func (s shift) add(state gateway.State) {
	if s.in == ByThemselves {
		state[s.upstream.Key] = s.upstream
		return
	}
	service := state[s.service]
	kept, _ := service.Spec["upstreams"].(map[string]any)
	all := map[string]any{}
	maps.Copy(all, kept)
	all[s.upstream.Key.ID] = inList(bare(s.upstream.Spec))
	service.Spec = maps.Clone(service.Spec)
	service.Spec["upstreams"] = all
	state[s.service] = service
}

// keepUpstream gives the service the upstream back that it has in old.
func (s shift) keepUpstream(state, old gateway.State) {
	service := state[s.service]
	spec := maps.Clone(service.Spec)
	for _, field := range upstreamFields {
		delete(spec, field)
		if value, ok := old[s.service].Spec[field]; ok {
			spec[field] = value
		}
	}
	service.Spec = spec
	state[s.service] = service
	if named, ok := namedUpstream(old, s.service); ok {
		state[named.Key] = named
	}
}

// upstreamFields are where a service says where its requests go.
var upstreamFields = []string{"upstream", "upstream_id"}

// upstreamOf returns what a service sends its requests to, inline or by name; false when it names nothing that is there.
func upstreamOf(state gateway.State, service gateway.Key) (gateway.Resource, bool) {
	r := state[service]
	if inline, ok := r.Spec["upstream"].(map[string]any); ok {
		return gateway.Resource{Spec: inline, Origin: r.Origin.At(gateway.Path{gateway.Field("upstream")})}, true
	}
	return namedUpstream(state, service)
}

func namedUpstream(state gateway.State, service gateway.Key) (gateway.Resource, bool) {
	id, ok := state[service].Spec["upstream_id"]
	if !ok {
		return gateway.Resource{}, false
	}
	found, ok := state[gateway.Key{Kind: gateway.Upstreams, ID: gateway.Show(id)}]
	return found, ok
}

// copyOf returns an upstream under an id that is derived from the service and from what the upstream says, so that it is the same after a
// restart, and another one for another upstream.
func copyOf(upstream gateway.Resource, service gateway.Key) gateway.Resource {
	spec := bare(upstream.Spec)
	sum := sha256.Sum256(gateway.AppendCanonical([]byte(service.ID+" "), spec))
	spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice, "canary-of": service.ID}
	key := gateway.Key{Kind: gateway.Upstreams, ID: prefix + hex.EncodeToString(sum[:8])}
	return gateway.Resource{Key: key, Spec: spec, Origin: upstream.Origin}
}

// bare is a copy of a body without what only names it, and without some fields.
func bare(spec map[string]any, without ...string) map[string]any {
	out := maps.Clone(spec)
	for _, field := range append([]string{"labels", "name", "desc"}, without...) {
		delete(out, field)
	}
	return out
}

func serviceKey(id string) gateway.Key { return gateway.Key{Kind: gateway.Services, ID: id} }
