package simulation

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// strangerWrites lets somebody else create, change or delete a resource of his own.
func (w *world) strangerWrites() {
	s := w.sites[pick(w.dice, w.names...)]
	own := s.keys(func(h held) bool { return h.foreign })
	if len(own) > 0 && w.dice.oneIn(3) {
		key := pick(w.dice, own...)
		w.foreign(s, http.MethodDelete, key, nil)
		return
	}
	w.strangers++
	id := fmt.Sprintf("x%d", w.strangers)
	switch w.dice.IntN(3) {
	case 0:
		w.foreign(s, http.MethodPut, gateway.Key{Kind: gateway.Routes, ID: id}, map[string]any{
			"uri": "/" + id, "upstream": map[string]any{"nodes": map[string]any{"10.1.0.1:80": 1}},
		})
	case 1:
		w.foreign(s, http.MethodPut, gateway.Key{Kind: gateway.Upstreams, ID: id}, map[string]any{"nodes": map[string]any{"10.1.0.2:80": 1}})
	case 2:
		// Only one rule may have a plugin: the stranger has one rule.
		w.foreign(s, http.MethodPut, gateway.Key{Kind: gateway.GlobalRules, ID: "strange"}, map[string]any{
			"plugins": map[string]any{"uri-blocker": map[string]any{"block_rules": []string{"/" + id}}},
		})
	}
}

// strangerEdits lets somebody change by hand what the daemon owns, so that references hold.
func (w *world) strangerEdits() {
	s := w.sites[pick(w.dice, w.names...)]
	own := s.keys(func(h held) bool { return !h.foreign })
	if len(own) == 0 {
		return
	}
	key := pick(w.dice, own...)
	if key.Kind == gateway.Routes && w.dice.oneIn(2) {
		s.drifted = true
		w.foreign(s, http.MethodDelete, key, nil)
		return
	}
	s.drifted = true
	spec := maps.Clone(s.live[key].spec)
	if split, there := turned(spec, w.dice); there && w.dice.oneIn(2) {
		w.foreign(s, http.MethodPut, key, split)
		return
	}
	switch key.Kind {
	case gateway.Routes, gateway.Services, gateway.Upstreams, gateway.PluginConfigs:
		spec["desc"] = fmt.Sprintf("by hand %d", w.dice.IntN(3))
	default:
		spec["plugins"] = map[string]any{"request-id": map[string]any{"header_name": "X-By-Hand"}}
	}
	w.foreign(s, http.MethodPut, key, spec)
}

// foreign sends the request of a stranger.
func (w *world) foreign(s *site, method string, key gateway.Key, spec map[string]any) {
	r := &request{site: s.name, method: method, path: adminPath + "/" + string(key.Kind) + "/" + key.ID}
	if spec != nil {
		r.body = []byte(text(spec))
	}
	a := s.serve(r, true)
	w.trace.note("a stranger: %s: %d %s", r.name(), a.status, complaint(a))
}

func complaint(a *answer) string {
	if a.good() {
		return ""
	}
	return strings.TrimSpace(a.body.String())
}

// keys lists what stands in a gateway, in order.
func (s *site) keys(which func(held) bool) []gateway.Key {
	var keys []gateway.Key
	for key, is := range s.live {
		if which(is) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, gateway.Key.Compare)
	return keys
}

func sorted(names []string) string {
	slices.Sort(names)
	return strings.Join(names, ", ")
}
