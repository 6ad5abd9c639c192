package api7

import (
	"maps"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
)

// leftovers are the extra upstreams of services: which services have some, and which upstreams wait for their last user to let
// go. A delete before that would send requests nowhere.
type leftovers struct {
	mu      sync.Mutex
	has     map[string]bool            // services that were seen with extra upstreams
	waiting map[string]map[string]bool // by service, the upstreams that must go
}

func (l *leftovers) saw(service string, extra bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.has[service] = extra
}

func (l *leftovers) known(service string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.has[service]
}

// keep notes the upstreams of a service that must go, in the place of those that were noted before.
func (l *leftovers) keep(service string, ids map[string]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(ids) == 0 {
		delete(l.waiting, service)
		return
	}
	l.waiting[service] = ids
}

func (l *leftovers) forget(service string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.has, service)
	delete(l.waiting, service)
}

func (l *leftovers) all() map[string]map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.waiting)
}

// without returns a service without the upstreams that wait for their last user.
func (l *leftovers) without(service gateway.Resource) map[string]any {
	waiting := l.all()[service.Key.ID]
	upstreams, _ := service.Spec["upstreams"].(map[string]any)
	if len(waiting) == 0 || len(upstreams) == 0 {
		return service.Spec
	}
	spec, kept := maps.Clone(service.Spec), maps.Clone(upstreams)
	for id := range waiting {
		delete(kept, id)
	}
	if spec["upstreams"] = kept; len(kept) == 0 {
		delete(spec, "upstreams")
	}
	return spec
}
