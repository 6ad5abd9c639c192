package embedded

import (
	"fmt"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway"
)

// checked looks a value over in the real gateway's order (schema, references, plugins, expressions) and returns it as it
// is stored. References are only looked up when resolve says so.
func (g *Gateway) checked(t target, value map[string]any, resolve bool) (map[string]any, *reply) {
	s, fault := g.schemaOf(t)
	if fault != nil {
		return nil, fault
	}
	if remotes(t.kind, value) {
		return nil, refuse(http.StatusBadRequest, "only one of remote_addr or remote_addrs is allowed")
	}
	if err := s.check(value); err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid configuration: %v", err)
	}
	if fault := g.checkReferences(t, value, resolve); fault != nil {
		return nil, fault
	}
	if err := g.checkRules(t, value); err != nil {
		return nil, refuse(http.StatusBadRequest, "%v", err)
	}
	if !g.storesDefaults() {
		return value, nil
	}
	return g.withDefaults(t.kind, s.filled(value).(map[string]any)), nil
}

func remotes(kind gateway.Kind, value map[string]any) bool {
	return kind == gateway.Routes && value["remote_addr"] != nil && value["remote_addrs"] != nil
}

func (g *Gateway) schemaOf(t target) (*schema, *reply) {
	switch t.kind {
	case gateway.PluginMetadata:
		if s, ok := g.catalogue.metadataOf(t.id); ok {
			return s, nil
		}
		return nil, refuse(http.StatusBadRequest, "invalid plugin name")
	case gateway.Secrets:
		if s, ok := g.catalogue.types["secret/"+t.parent]; ok {
			return s, nil
		}
		return nil, refuse(http.StatusBadRequest, "invalid secret manager: %s", t.parent)
	}
	return g.catalogue.types[t.singular], nil
}

// checkRules holds what the schemas can't say.
func (g *Gateway) checkRules(t target, value map[string]any) error {
	plugins, _ := value["plugins"].(map[string]any)
	if err := g.checkPlugins(t.kind, plugins); err != nil {
		return err
	}
	switch t.kind {
	case gateway.Routes:
		if list, ok := value["vars"].([]any); ok {
			if _, err := parseVars(list); err != nil {
				return fmt.Errorf("failed to validate the 'vars' expression: %w", err)
			}
		}
	case gateway.SSLs:
		return checkCertificates(value)
	case gateway.Protos:
		return checkProto(value["content"].(string))
	case gateway.StreamRoutes:
		if protocol, ok := value["protocol"].(map[string]any); ok {
			return fmt.Errorf("unknown protocol [%v]", protocol["name"])
		}
	case gateway.GlobalRules:
		return g.checkOnlyRule(t.key(), plugins)
	}
	return g.checkIdentities(t.key(), value)
}

// checkOnlyRule refuses a plugin that another global rule has already, as the newest version does.
func (g *Gateway) checkOnlyRule(key gateway.Key, plugins map[string]any) error {
	if g.storesDefaults() {
		return nil
	}
	for _, other := range g.store.list(gateway.GlobalRules) {
		theirs, _ := other.value["plugins"].(map[string]any)
		for _, name := range sortedNames(plugins) {
			if _, ok := theirs[name]; ok && other.key != key {
				return fmt.Errorf("plugin '%s' already exists in global rule with id '%s'", name, other.key.ID)
			}
		}
	}
	return nil
}

// checkReferences looks up what the value refers to, as far as the real gateway does.
func (g *Gateway) checkReferences(t target, value map[string]any, resolve bool) *reply {
	upstream := value
	if t.kind != gateway.Upstreams {
		upstream, _ = value["upstream"].(map[string]any)
	}
	if upstream != nil && (t.kind == gateway.Upstreams || value["upstream"] != nil) {
		if err := g.checkUpstream(upstream); err != nil {
			return refuse(http.StatusBadRequest, "%v", err)
		}
	}
	if !resolve {
		return nil
	}
	if t.kind == gateway.Credentials && g.store.get(gateway.Key{Kind: gateway.Consumers, ID: t.parent}) == nil {
		return refuse(http.StatusNotFound, "consumer not found")
	}
	for _, reference := range references {
		id, ok := value[reference.field]
		if !ok || reference.target == "" {
			continue
		}
		if g.store.get(gateway.Key{Kind: reference.target, ID: idText(id)}) == nil {
			return refuse(http.StatusBadRequest, "failed to fetch %s info by %s id [%s], response code: 404",
				reference.spoken, reference.spoken, idText(id))
		}
	}
	return g.checkSuperior(t, value)
}

// references are the fields that name another resource, in the order in which they are looked up.
var references = []struct {
	field, spoken string
	target        gateway.Kind
}{
	{"upstream_id", "upstream", gateway.Upstreams},
	{"service_id", "service", gateway.Services},
	{"plugin_config_id", "plugin config", gateway.PluginConfigs},
	{"group_id", "consumer group", gateway.ConsumerGroups},
}

func (g *Gateway) checkSuperior(t target, value map[string]any) *reply {
	protocol, _ := value["protocol"].(map[string]any)
	id := idText(protocol["superior_id"])
	if t.kind != gateway.StreamRoutes || id == "" || g.storesDefaults() {
		return nil
	}
	if g.store.get(gateway.Key{Kind: gateway.StreamRoutes, ID: id}) == nil {
		return refuse(http.StatusBadRequest, "failed to fetch stream routes[%s], response code: 404", id)
	}
	return nil
}
