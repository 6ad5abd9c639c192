package plan

import (
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// stage is when an update is made, among the updates. Between two stages every instance has taken the first.
type stage int

const (
	identifying stage = iota + 1 // consumers and credentials
	leaving                      // what no longer needs the old form of something that changes
	sharing                      // what others refer to
	losing                       // what others refer to and what loses something that others gain in the stage before
	joining                      // what may not meet the old form of something that changes
	moving                       // routes
	ruling                       // global rules
	ended                        // everything is as desired
)

// schedule says in which stage each update is made, and what takes a detour: a resource that would meet neither its old nor its new
// behaviour while something that it refers to changes is pointed at copies of the old definitions first (detour.go).
type schedule struct {
	d       *diff
	updates map[gateway.Key]Change
	stages  map[gateway.Key]stage
	detours map[gateway.Key]bool
	start   gateway.State // the services that there are before the first update
	named   map[gateway.Key]bool
}

func (d *diff) schedule() *schedule {
	s := &schedule{d: d, updates: map[gateway.Key]Change{}, stages: map[gateway.Key]stage{}, detours: map[gateway.Key]bool{}}
	for _, c := range d.updates {
		s.updates[c.Key] = c
	}
	gains := s.whatGains()
	shared := 0
	for key, c := range s.updates {
		s.stages[key] = usualStage(c, gains)
		if isDefinition(key.Kind) {
			shared++
		}
	}
	if shared == 0 {
		return s
	}
	s.start, s.named = d.atStart(), d.named()
	for _, key := range s.users(shared) {
		s.place(key)
	}
	return s
}

// isDefinition reports whether others work by what a resource of this kind says.
func isDefinition(kind gateway.Kind) bool {
	switch kind {
	case gateway.Upstreams, gateway.Services, gateway.PluginConfigs, gateway.ConsumerGroups, gateway.Protos:
		return true
	}
	return false
}

// gains names the definitions that gain a plugin.
type gains map[gateway.Key]bool

func (s *schedule) whatGains() gains {
	g := gains{}
	for key, c := range s.updates {
		if isDefinition(key.Kind) && len(c.gained()) > 0 {
			g[key] = true
		}
	}
	return g
}

func usualStage(c Change, g gains) stage {
	switch c.Key.Kind {
	case gateway.Consumers, gateway.Credentials:
		return identifying
	case gateway.Routes, gateway.StreamRoutes:
		return moving
	case gateway.GlobalRules:
		return ruling
	}
	others := len(g)
	if g[c.Key] {
		others--
	}
	if others > 0 && len(lostPlugins(c.Old.Spec, c.New.Spec)) > 0 {
		return losing
	}
	return sharing
}

// atStart holds the services as they are before the first update: those that live has, and those that were created.
func (d *diff) atStart() gateway.State {
	start := gateway.State{}
	for _, state := range []gateway.State{d.desired, d.live} {
		for key, resource := range state {
			if key.Kind == gateway.Services {
				start[key] = resource
			}
		}
	}
	return start
}

// users lists what may meet a mixture, in the order in which it can be placed: services before the routes on them. What does not
// change itself can meet one only when two things change that it refers to.
func (s *schedule) users(shared int) []gateway.Key {
	set := map[gateway.Key]bool{}
	for key := range s.updates {
		set[key] = true
	}
	for _, c := range s.d.deletes {
		if isRoute(c) {
			set[c.Key] = true
		}
	}
	for key := range s.d.desired {
		switch key.Kind {
		case gateway.Routes, gateway.StreamRoutes, gateway.Consumers:
			if _, exists := s.d.live[key]; exists && shared > 1 {
				set[key] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(set), gateway.Key.Compare)
}

// place finds the stage in which a resource meets nothing but its old and its new behaviour, the usual one if it can be; what finds
// none takes a detour.
func (s *schedule) place(key gateway.Key) {
	c, updated := s.updates[key]
	deps := s.changing(key)
	if len(deps) == 0 {
		return
	}
	tries := []stage{s.stages[key]}
	if updated {
		tries = append(tries, otherStages(key.Kind)...)
	}
	for _, stage := range tries {
		if updated {
			s.stages[key] = stage
		}
		if (stage != leaving || s.mayLeave(c)) && s.keeps(key, deps) {
			return
		}
	}
	if !updated && len(deps) == 1 && s.d.desired[key].Spec != nil {
		return // it changes as its one definition does
	}
	s.takeDetour(key, updated)
}

func (s *schedule) takeDetour(key gateway.Key, updated bool) {
	if !s.copyable(key) {
		if updated {
			s.stages[key] = usualStage(s.updates[key], nil)
		}
		return
	}
	s.detours[key] = true
	switch {
	case key.Kind == gateway.Routes || key.Kind == gateway.StreamRoutes:
		s.stages[key] = moving
	case key.Kind == gateway.GlobalRules:
		s.stages[key] = ruling
	default:
		s.stages[key] = joining
	}
}

func otherStages(kind gateway.Kind) []stage {
	switch kind {
	case gateway.Routes, gateway.StreamRoutes:
		return []stage{leaving}
	case gateway.Consumers, gateway.GlobalRules:
		return []stage{joining}
	}
	return []stage{leaving, joining}
}

// mayLeave reports whether a resource can take its final form before the others: it must answer the same requests all the while.
func (s *schedule) mayLeave(c Change) bool {
	switch c.Key.Kind {
	case gateway.Services:
		return slices.Equal(texts(c.Old.Spec, "host", "hosts"), texts(c.New.Spec, "host", "hosts"))
	case gateway.Routes:
		old := matches(s.start, *c.Old)
		return maps.Equal(old, matches(s.start, *c.New)) && maps.Equal(old, matches(s.d.desired, *c.New)) &&
			priority(*c.Old) == priority(*c.New)
	}
	return true
}

// changing lists what a resource works by, before or after, and what is updated in this plan.
func (s *schedule) changing(key gateway.Key) []gateway.Key {
	set := map[gateway.Key]bool{}
	closure(key, set, s.d.live, s.d.desired)
	delete(set, key)
	for dep := range set {
		if _, updated := s.updates[dep]; !updated {
			delete(set, dep)
		}
	}
	return slices.SortedFunc(maps.Keys(set), gateway.Key.Compare)
}

// closure collects a resource and the definitions that it works by in any of the states.
func closure(key gateway.Key, into map[gateway.Key]bool, states ...gateway.State) {
	if into[key] {
		return
	}
	for _, state := range states {
		if r, ok := state[key]; ok {
			into[key] = true
			for _, to := range definitions(r) {
				closure(to, into, states...)
			}
		}
	}
}

// definitions lists what a resource works by.
func definitions(r gateway.Resource) []gateway.Key {
	var keys []gateway.Key
	for field, kind := range definitionFields {
		if id, ok := r.Spec[field]; ok {
			keys = append(keys, gateway.Key{Kind: kind, ID: gateway.Show(id)})
		}
	}
	plugins, _ := r.Spec["plugins"].(map[string]any)
	for _, name := range []string{"traffic-split", "grpc-transcode"} {
		if conf, ok := plugins[name]; ok {
			for _, ref := range pluginRefs(name, conf) {
				keys = append(keys, ref.To)
			}
		}
	}
	return keys
}

var definitionFields = map[string]gateway.Kind{
	"service_id": gateway.Services, "upstream_id": gateway.Upstreams, "plugin_config_id": gateway.PluginConfigs,
	"group_id": gateway.ConsumerGroups,
}
