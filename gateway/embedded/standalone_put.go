package embedded

import (
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// putDocument replaces everything. Nothing changes unless every item is right; references are not looked up. The answer
// comes before the workers have taken anything.
func (g *Gateway) putDocument(r *http.Request) *reply {
	g.spend(r.Context())
	g.document.mu.Lock()
	defer g.document.mu.Unlock()
	sent := r.Header.Values("X-Digest")
	if len(sent) == 0 {
		return refuse(http.StatusBadRequest, "missing digest header")
	}
	now := g.document.content
	if now.configured && now.digest == sent[0] {
		return &reply{status: http.StatusNoContent}
	}
	body, fault := g.documentIn(r, 0)
	if fault != nil {
		return fault
	}
	fields, _ := body.(map[string]any)
	next, changed, fault := now.next(fields)
	if fault != nil {
		return fault
	}
	made, fault := g.objectsOf(next, changed)
	if fault != nil {
		return fault
	}
	next.digest, next.modified = sent[0], time.Now().Unix()
	g.document.content = next
	for _, kind := range gateway.Kinds() {
		if objects, ok := made[kind]; ok {
			g.store.replace(kind, objects)
		}
	}
	g.store.locked(g.announce)
	return &reply{status: http.StatusAccepted, header: next.header()}
}

// objectsOf makes the objects of the sections that changed, by kind. The first fault is the only one told.
func (g *Gateway) objectsOf(c content, changed []string) (map[gateway.Kind][]*object, *reply) {
	made := map[gateway.Kind][]*object{}
	for _, name := range changed {
		kind, ok := kindOf(name)
		if !ok {
			continue
		}
		made[kind.kind] = nil
		if kind.kind == gateway.Consumers {
			made[gateway.Credentials] = nil
		}
		seen := map[string]bool{}
		for i, raw := range c.sections[name] {
			it, text := readItem(kind, raw)
			if text == "" {
				text = g.validateItem(it, seen)
			}
			if text != "" {
				return nil, refuse(http.StatusBadRequest, "%s", text)
			}
			o := g.objectOf(it, i, c.versions[name])
			made[o.key.Kind] = append(made[o.key.Kind], o)
		}
	}
	return made, nil
}

// objectOf makes what is stored of an item. One that carries a modifiedIndex and had it before stays the object that it was.
func (g *Gateway) objectOf(it item, place int, version float64) *object {
	if it.id == "" {
		it.id = "arr_" + strconv.Itoa(place+1)
	}
	before := g.store.get(it.key())
	modified := int64(version)
	if it.modified != nil {
		if modified = int64(*it.modified); before != nil && before.modified == modified {
			return before
		}
	}
	o := g.restored(it.key(), maps.Clone(it.value))
	o.created, o.modified = modified, modified
	return o
}
