package plan

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// view is the configuration as a worker may see it during a stage: of the stages before it has everything, of those after nothing,
// and of the updates of the stage itself any part. The stage zero is live.
type view struct {
	s     *schedule
	at    stage
	taken map[gateway.Key]bool
}

func (s *schedule) before() view { return view{s: s} }
func (s *schedule) final() view  { return view{s: s, at: ended} }

// layer finds a resource. What is on a detour sees live until it takes its final form.
func (v view) layer(key gateway.Key) (layer, bool) {
	stage, scheduled := v.s.stages[key]
	if scheduled && (stage < v.at || stage == v.at && v.taken[key]) || v.at == ended {
		if r, ok := v.s.d.desired[key]; ok {
			return layer{r.Spec, v}, true
		}
	}
	if r, ok := v.s.d.live[key]; ok {
		if v.s.detours[key] {
			v = v.s.before()
		}
		return layer{r.Spec, v}, true
	}
	r, ok := v.s.d.desired[key] // it was created before the first update
	return layer{r.Spec, v}, ok
}

// mostMixed bounds how many updates of one stage are looked at in every mixture. A resource that works by more of them is not known
// to keep its behaviour.
const mostMixed = 8

// keeps reports whether a resource meets its old or its new behaviour in every mixture of the updates that concern it.
func (s *schedule) keeps(key gateway.Key, deps []gateway.Key) bool {
	old, end := s.before().behaviour(key), s.end(key)
	byStage := map[stage][]gateway.Key{}
	if s.keepsItsRequests(key) { // else its requests go to another route when it takes its final form
		deps = append(slices.Clone(deps), key)
	}
	for _, dep := range deps {
		if stage, scheduled := s.stages[dep]; scheduled {
			byStage[stage] = append(byStage[stage], dep)
		}
	}
	for stage, keys := range byStage {
		if len(keys) > mostMixed || !s.keepsIn(stage, keys, key, old, end) {
			return false
		}
	}
	return true
}

func (s *schedule) keepsIn(stage stage, keys []gateway.Key, key gateway.Key, old, end behaviour) bool {
	for mixture := range 1 << len(keys) {
		taken := map[gateway.Key]bool{}
		for i, dep := range keys {
			taken[dep] = mixture&(1<<i) != 0
		}
		if !s.keepsNow(view{s, stage, taken}, key, old, end) {
			return false
		}
	}
	return true
}

// end is what the requests of a resource meet in the end. Those that it gives up go to other routes, or to none: until then they must
// meet what they met before.
func (s *schedule) end(key gateway.Key) behaviour {
	if s.keepsItsRequests(key) {
		return s.final().behaviour(key)
	}
	return s.before().behaviour(key)
}

// keepsItsRequests reports whether a resource stays, and answers what it answered before. What is no route leaves that to routes.
func (s *schedule) keepsItsRequests(key gateway.Key) bool {
	next, stays := s.d.desired[key]
	if !stays {
		return false
	}
	after := matches(s.d.desired, next)
	for m := range matches(s.d.live, s.d.live[key]) {
		if !after[m] && !both(map[match]bool{m: true}, after)[m] {
			return false
		}
	}
	return true
}

// keepsNow reports whether a resource answers what it answered, as it was or as it will be, or what it will answer, as it will be.
func (s *schedule) keepsNow(v view, key gateway.Key, old, end behaviour) bool {
	seen := v.behaviour(key)
	if key.Kind != gateway.Routes {
		return seen.between(old, end)
	}
	now := v.answers(key)
	if len(now) == 0 {
		return true
	}
	if maps.Equal(now, s.before().answers(key)) {
		return seen.between(old, end)
	}
	_, stays := s.d.desired[key]
	return stays && maps.Equal(now, s.final().answers(key)) && maps.Equal(seen, s.final().behaviour(key))
}

func (v view) answers(key gateway.Key) map[match]bool {
	own, _ := v.layer(key)
	route, services := gateway.Resource{Key: key, Spec: own.spec}, gateway.State{}
	if service, ok := own.view.layer(serviceOf(route)); ok {
		services[serviceOf(route)] = gateway.Resource{Spec: service.spec}
	}
	return matches(services, route)
}

// changesBefore reports whether a route behaves otherwise before the routes are updated, or while they are: requests that another one
// takes from it would meet that on the way.
func (s *schedule) changesBefore(key gateway.Key) bool {
	if _, updated := s.updates[key]; !updated && (s.detours[key] || len(s.changing(key)) == 0) {
		return false
	}
	return !maps.Equal(s.before().behaviour(key), s.final().behaviour(key))
}
