package embedded

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// put does PUT and POST.
func (g *Gateway) put(q *adminRequest, t target) *reply {
	if !q.sent {
		return refuse(http.StatusBadRequest, "missing configurations")
	}
	body, ok := q.body.(map[string]any)
	if !ok {
		return refuse(http.StatusBadRequest, "invalid configuration: wrong type: expected object, got %s", luaType(q.body))
	}
	value, fault := g.identify(q.method, &t, body)
	if fault != nil {
		return fault
	}
	if field := forbiddenTime(value); field != "" {
		return refuse(http.StatusBadRequest, "the property is forbidden:  %s", field)
	}
	value, fault = g.checked(t, value, true)
	if fault != nil {
		return fault
	}
	o := g.object(t, value, g.store.get(t.key()))
	status := http.StatusOK
	if g.store.put(o) {
		status = http.StatusCreated
	}
	g.leased(o, q.lease)
	return &reply{status: status, body: map[string]any{"key": storePath(o.key), "value": g.sealed(o)}}
}

// identify settles the id, in the path or in the body, and returns the body with it.
func (g *Gateway) identify(method string, t *target, body map[string]any) (map[string]any, *reply) {
	value := maps.Clone(body)
	if t.kind == gateway.Consumers {
		return value, identifyConsumer(t, value)
	}
	if method == http.MethodPost {
		if t.id != "" || body["id"] != nil {
			return nil, refuse(http.StatusBadRequest, "wrong %s id, do not need it", t.spoken())
		}
		t.id = g.store.newID()
		value["id"] = t.id
		return value, nil
	}
	given := idText(body["id"])
	if t.id == "" {
		return value, identifyByBody(t, given)
	}
	shown := t.id
	if t.kind == gateway.Secrets {
		shown = t.parent + "/" + t.id
	}
	if _, ok := body["id"]; ok && given != shown && t.kind != gateway.PluginMetadata {
		return nil, refuse(http.StatusBadRequest, "wrong %s id", t.spoken())
	}
	value["id"] = shown
	return value, nil
}

func identifyByBody(t *target, given string) *reply {
	switch {
	case t.kind == gateway.PluginMetadata:
		return refuse(http.StatusBadRequest, "missing plugin name")
	case given == "" || t.kind == gateway.Secrets:
		return refuse(http.StatusBadRequest, "missing %s id", t.spoken())
	}
	t.id = given
	return nil
}

// identifyConsumer leaves a fault in the username to the schema.
func identifyConsumer(t *target, value map[string]any) *reply {
	username, ok := value["username"].(string)
	if t.id != "" && ok && t.id != username {
		return refuse(http.StatusBadRequest, "wrong username")
	}
	if ok {
		t.id = username
	}
	return nil
}

// forbiddenTime returns the first field that only the gateway may write.
func forbiddenTime(value map[string]any) string {
	for _, inner := range []string{"", "upstream", "plugins"} {
		m, prefix := value, ""
		if inner != "" {
			m, _ = value[inner].(map[string]any)
			prefix = inner + "."
		}
		for _, field := range []string{"create_time", "update_time"} {
			if _, ok := m[field]; ok {
				return prefix + field
			}
		}
	}
	return ""
}

// object makes what is stored: with the times, and with what the data plane needs.
func (g *Gateway) object(t target, value map[string]any, before *object) *object {
	if t.hasTimes() {
		now := float64(time.Now().Unix())
		if _, ok := value["create_time"]; !ok {
			value["create_time"] = now
			if before != nil {
				value["create_time"] = before.value["create_time"]
			}
		}
		value["update_time"] = now
	}
	return g.restored(t.key(), value)
}

// restored makes an object of a value that is complete.
func (g *Gateway) restored(key gateway.Key, value map[string]any) *object {
	o := &object{key: key, value: value}
	o.uses = append(usesOf(key.Kind, value), identities(key.Kind, value)...)
	if key.Kind == gateway.StreamRoutes && g.storesDefaults() {
		// The older version does not look at stream routes when a service is deleted.
		o.uses = nil
	}
	o.parts = g.compile(o)
	return o
}

// patch merges the body into what is stored, or puts it in the place that the path names.
func (g *Gateway) patch(q *adminRequest, t target) *reply {
	if t.id == "" {
		return refuse(http.StatusBadRequest, "missing %s id", t.spoken())
	}
	if !q.sent {
		return refuse(http.StatusBadRequest, "missing new configuration")
	}
	before := g.store.get(t.key())
	if before == nil {
		return keyNotFound
	}
	value, err := patched(g.patchable(before), t.sub, q.body)
	if err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	if value, fault := g.identify(http.MethodPut, &t, value); fault != nil {
		return fault
	} else if value, fault = g.checked(t, value, true); fault != nil {
		return fault
	} else if o := g.object(t, value, before); g.store.swap(before, o) {
		g.leased(o, q.lease)
		return &reply{status: http.StatusOK, body: map[string]any{"key": storePath(o.key), "value": g.sealed(o)}}
	}
	return refuse(http.StatusServiceUnavailable, "value changed before overwritten")
}

// patchable is what a PATCH starts from. The older version starts from the ciphertext, and encrypts it once more.
func (g *Gateway) patchable(o *object) map[string]any {
	if !g.storesDefaults() {
		return o.value
	}
	return g.sealedPlugins(o.key.Kind, o.value)
}

func patched(value map[string]any, sub []string, body any) (map[string]any, error) {
	if len(sub) > 0 {
		return placed(value, sub, body), nil
	}
	changes, ok := body.(map[string]any)
	if !ok {
		return nil, errors.New("invalid configuration: the body of a PATCH without a path is an object")
	}
	return merged(value, changes), nil
}

// merged is a deep merge: null removes, lists are replaced whole.
func merged(value, changes map[string]any) map[string]any {
	out := maps.Clone(value)
	for _, key := range slices.Sorted(maps.Keys(changes)) {
		change := changes[key]
		inner, both := out[key].(map[string]any)
		changed, ok := change.(map[string]any)
		switch {
		case change == nil:
			delete(out, key)
		case both && ok:
			out[key] = merged(inner, changed)
		default:
			out[key] = change
		}
	}
	return out
}

func placed(value map[string]any, sub []string, v any) map[string]any {
	out := maps.Clone(value)
	if out == nil {
		out = map[string]any{}
	}
	if len(sub) > 1 {
		inner, _ := out[sub[0]].(map[string]any)
		v = placed(inner, sub[1:], v)
	}
	if v == nil {
		delete(out, sub[0])
	} else {
		out[sub[0]] = v
	}
	return out
}
