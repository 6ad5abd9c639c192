package schema

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// Fault is something in a body that the gateway would refuse. It holds no secret.
type Fault struct {
	Path gateway.Path // the field itself; empty for the whole body
	Code string       // stable, as diag.Diagnostic has it
	What string       // what the field must be, or is, as "must be text": a sentence without its subject
	Hint string
	// Whole says that What is a sentence of its own, with its subject.
	Whole bool
	// Doubt says that the gateway takes it all the same: it is a warning.
	Doubt bool
}

// Check returns everything in a resource that a gateway with these schemas would refuse, in order of path.
func (s *Set) Check(r gateway.Resource) []gateway.Fault {
	var out []gateway.Fault
	for _, fault := range s.Faults(r) {
		if fault.Doubt {
			continue
		}
		out = append(out, gateway.Fault{Key: r.Key, Path: fault.Path, What: fault.What, Hint: fault.Hint})
	}
	return out
}

// Faults is Check with a code for each fault.
func (s *Set) Faults(r gateway.Resource) []Fault {
	return s.faults(&walker{}, r)
}

func (s *Set) faults(w *walker, r gateway.Resource) []Fault {
	rule := s.rule(r.Key)
	if rule != nil {
		w.check(rule.identity, r.Key.ID[strings.LastIndexByte(r.Key.ID, '/')+1:])
	}
	w.check(rule, r.Spec)
	w.upstreamOf(r)
	switch r.Key.Kind {
	case gateway.PluginMetadata:
		s.metadata(w, r)
	case gateway.Secrets:
	default:
		s.pluginsOf(w, r)
	}
	faults := append(s.plainer(w.faults, r), w.doubts...)
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Path.String(), b.Path.String()), cmp.Compare(a.What, b.What))
	})
	return faults
}

// plainer adds the hints that s has beyond what its schemas say: which fields only the other product has.
func (s *Set) plainer(found []Fault, r gateway.Resource) []Fault {
	if s.Product == "api7" {
		return withGaps(found, r)
	}
	for i, fault := range found {
		if fault.Code == "unknown-field" && len(fault.Path) == 1 && r.Key.Kind == gateway.Services && onlyAPI7[fault.Path[0].Key] {
			found[i].Hint = "only API7 Enterprise has it: for a group of its gateways, store what they take with sluice schema pull GROUP"
		}
	}
	return found
}

// rule returns the rule for the body of a resource, the built-in one where the gateway tells none.
func (s *Set) rule(key gateway.Key) *rule {
	if key.Kind == gateway.Secrets {
		manager, _, _ := strings.Cut(key.ID, "/")
		if own := s.managers[manager]; own != nil {
			return own
		}
		return Core().managers[manager]
	}
	if own := s.rules[key.Kind]; own != nil {
		return own
	}
	return Core().rules[key.Kind]
}

// metadata checks the metadata of a plugin.
func (s *Set) metadata(w *walker, r gateway.Resource) {
	if len(s.plugins) == 0 {
		return
	}
	for name := range r.Spec {
		if setByGateway[name] {
			w.inField(name, "remove it: the gateway sets it itself", "forbidden-field", "can't be set")
		}
	}
	plugin, ok := s.plugins[r.Key.ID]
	if !ok {
		plugin, ok = s.stream[r.Key.ID]
	}
	// A gateway takes the metadata of plugins that it has and does not enable, and tells nothing of those.
	if near := diag.Suggest(r.Key.ID, s.Names()); !ok && near != "" {
		w.fault(`did you mean "`+near+`"?`, "unknown-plugin", "is of an unknown plugin")
	}
	w.check(plugin.metadata, r.Spec)
}

// pluginsOf checks the configuration of each plugin of a resource.
func (s *Set) pluginsOf(w *walker, r gateway.Resource) {
	known := s.plugins
	if r.Key.Kind == gateway.StreamRoutes {
		known = s.stream
	}
	plugins, _ := r.Spec["plugins"].(map[string]any)
	w.at = append(w.at, gateway.Field("plugins"))
	for name, conf := range plugins {
		w.at = append(w.at, gateway.Field(name))
		w.plugin(known, r.Key.Kind, name, conf)
		w.at = w.at[:len(w.at)-1]
	}
	w.at = w.at[:len(w.at)-1]
}

func (w *walker) plugin(known map[string]pluginRules, kind gateway.Kind, name string, conf any) {
	body, isMap := conf.(map[string]any)
	if list, isList := conf.([]any); !isMap && !(isList && len(list) == 0) {
		w.fault("write a map: {key: value}", "wrong-type", "must be a map")
		return
	}
	if len(known) == 0 {
		return
	}
	rules, ok := known[name]
	switch {
	case !ok:
		names := slices.Sorted(maps.Keys(known))
		w.fault(diag.DidYouMean(name, names, "it is not enabled on this gateway"), "unknown-plugin", "is an unknown plugin")
	case kind == gateway.Credentials && !rules.auth:
		w.fault("put it into the consumer", "wrong-value", "can't stand in a credential: it does not authenticate")
	case disabled(body):
	case kind == gateway.Credentials || kind == gateway.Consumers:
		w.check(rules.consumer, body)
	default:
		w.check(rules.everywhere, body)
	}
}

// disabled reports whether a plugin is switched off: the gateway looks no further then.
func disabled(conf map[string]any) bool {
	meta, _ := conf["_meta"].(map[string]any)
	return meta["disable"] == true
}
