package embedded

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sluice-gitops/sluice/gateway"
)

// worker serves requests by its own view of the store, which it follows event by event. Objects are shared between workers;
// the maps and the router are its own.
type worker struct {
	number     int
	mu         sync.RWMutex
	objects    map[gateway.Kind]map[string]*object
	arrived    map[gateway.Key]uint64    // when an object came first, for conflicts between equals
	identities map[gateway.Key][]*object // consumers and credentials by their keys
	arrivals   uint64
	routing    uint64 // moves with each change of a route or a service
	certifying uint64 // moves with each change of an ssl
	building   sync.Mutex
	router     atomic.Pointer[router]
	sites      atomic.Pointer[sites]
	queues     map[gateway.Kind]*queue // nil: what is published is taken at once
	ready      atomic.Bool             // whether it has loaded a configuration since it started
}

func newWorker(number int) *worker {
	w := &worker{number: number}
	w.empty()
	return w
}

// empty makes the view that of a worker that has loaded nothing. The caller holds mu, or is the only one to know w.
func (w *worker) empty() {
	w.objects, w.arrived = map[gateway.Kind]map[string]*object{}, map[gateway.Key]uint64{}
	w.identities = map[gateway.Key][]*object{}
	for _, kind := range gateway.Kinds() {
		w.objects[kind] = map[string]*object{}
	}
	w.routing++
	w.certifying++
}

// restart forgets the view and loads another, in the order given.
func (w *worker) restart(objects []*object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.empty()
	for _, o := range objects {
		w.follow(event{o.key, o})
	}
}

// take brings the view up to one event.
func (w *worker) take(e event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.follow(e)
}

func (w *worker) follow(e event) {
	before := w.objects[e.key.Kind][e.key.ID]
	w.forget(before)
	if e.object == nil {
		delete(w.objects[e.key.Kind], e.key.ID)
		delete(w.arrived, e.key)
	} else {
		w.objects[e.key.Kind][e.key.ID] = e.object
		w.remember(e.object)
	}
	switch e.key.Kind {
	case gateway.Routes, gateway.Services:
		w.routing++
	case gateway.SSLs:
		w.certifying++
	}
}

func (w *worker) remember(o *object) {
	switch o.key.Kind {
	case gateway.Consumers, gateway.Credentials:
		for _, use := range o.uses {
			w.identities[use.target] = append(w.identities[use.target], o)
		}
	case gateway.Routes, gateway.SSLs:
		if _, ok := w.arrived[o.key]; !ok {
			w.arrivals++
			w.arrived[o.key] = w.arrivals
		}
	}
}

func (w *worker) forget(o *object) {
	if o == nil || o.key.Kind != gateway.Consumers && o.key.Kind != gateway.Credentials {
		return
	}
	for _, use := range o.uses {
		left := slices.DeleteFunc(slices.Clone(w.identities[use.target]), func(other *object) bool { return other == o })
		if len(left) == 0 {
			delete(w.identities, use.target)
		} else {
			w.identities[use.target] = left
		}
	}
}

func (w *worker) get(kind gateway.Kind, id string) *object {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.objects[kind][id]
}

// all returns the objects of a kind, by id.
func (w *worker) all(kind gateway.Kind) []*object {
	w.mu.RLock()
	defer w.mu.RUnlock()
	list := slices.Collect(maps.Values(w.objects[kind]))
	slices.SortFunc(list, func(a, b *object) int { return strings.Compare(a.key.ID, b.key.ID) })
	return list
}

// parts returns what the data plane made of an object.
func parts[T any](o *object) (T, bool) {
	var none T
	if o == nil {
		return none, false
	}
	made, ok := o.parts.(T)
	return made, ok
}

// currentRouter returns the router for the view as it is. As in the real gateway, the first request after a change of a
// route or a service builds it.
func (w *worker) currentRouter() *router {
	w.mu.RLock()
	version := w.routing
	w.mu.RUnlock()
	if r := w.router.Load(); r != nil && r.version == version {
		return r
	}
	w.building.Lock()
	defer w.building.Unlock()
	w.mu.RLock()
	defer w.mu.RUnlock()
	if r := w.router.Load(); r != nil && r.version == w.routing {
		return r
	}
	r := newRouter(w.routing, w.arrivedRoutes(), w.hostsOf)
	w.router.Store(r)
	return r
}

func (w *worker) arrivedRoutes() []*route {
	list := w.inOrder(gateway.Routes)
	routes := make([]*route, len(list))
	for i, o := range list {
		routes[i] = o.parts.(*route)
	}
	return routes
}

// inOrder returns the objects of a kind, the first to arrive first. The caller holds mu.
func (w *worker) inOrder(kind gateway.Kind) []*object {
	type numbered struct {
		object *object
		place  uint64
	}
	list := make([]numbered, 0, len(w.objects[kind]))
	for _, o := range w.objects[kind] {
		list = append(list, numbered{o, w.arrived[o.key]})
	}
	slices.SortFunc(list, func(a, b numbered) int { return cmp.Compare(a.place, b.place) })
	out := make([]*object, len(list))
	for i, n := range list {
		out[i] = n.object
	}
	return out
}

// hostsOf returns the hosts of a route, or of its service. A route whose service is not there stands under no host, and so
// under all: the real gateway's misroute. The caller holds mu.
func (w *worker) hostsOf(r *route) []string {
	if len(r.hosts) > 0 || r.serviceID == "" {
		return r.hosts
	}
	if s, ok := parts[*service](w.objects[gateway.Services][r.serviceID]); ok {
		return s.hosts
	}
	return nil
}

// holder returns the consumer or credential that a plugin finds by text, nil when there is none.
func (w *worker) holder(plugin, text string) *object {
	if strings.HasPrefix(text, "$") {
		// A reference to a secret manager or the environment is never resolved here: nobody has this key.
		return nil
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, o := range slices.Backward(w.identities[gateway.Key{Kind: identityKind(plugin), ID: text}]) {
		// A credential may come before its consumer: until then nobody has its key.
		username, _, _ := strings.Cut(o.key.ID, "/")
		if w.objects[gateway.Consumers][username] != nil {
			return o
		}
	}
	return nil
}
