package embedded

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/sluice-gitops/sluice/gateway"
)

// use is a reference that keeps its target from being deleted. References that the real gateway doesn't check at a delete
// are none: of stream routes to upstreams, to ssls, to secrets, of consumer-restriction.
type use struct {
	target gateway.Key
	as     string // "route", "plugin in service"
	rank   int    // the order in which the real gateway looks
}

// firstUser returns how the first of the users of key is named in the refusal of its delete; "" when none uses it.
func firstUser(users []*object, key gateway.Key) string {
	best, rank := "", 0
	for _, user := range users {
		for _, use := range user.uses {
			if use.target != key {
				continue
			}
			text := fmt.Sprintf("%s [%s]", use.as, user.key.ID)
			if best == "" || use.rank < rank || use.rank == rank && text < best {
				best, rank = text, use.rank
			}
		}
	}
	return best
}

// usersOf lists what refers to key, of what the worker has taken.
func (w *worker) usersOf(key gateway.Key) []*object {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var users []*object
	for _, objects := range w.objects {
		for _, o := range objects {
			if slices.ContainsFunc(o.uses, func(u use) bool { return u.target == key }) {
				users = append(users, o)
			}
		}
	}
	return users
}

// usesOf returns the uses in a value of the kind.
func usesOf(kind gateway.Kind, value map[string]any) []use {
	var uses []use
	add := func(to gateway.Kind, id any, as string, rank int) {
		if text := idText(id); text != "" {
			uses = append(uses, use{gateway.Key{Kind: to, ID: text}, as, rank})
		}
	}
	switch kind {
	case gateway.Routes:
		add(gateway.Upstreams, value["upstream_id"], "route", 0)
		add(gateway.Services, value["service_id"], "route", 0)
		add(gateway.PluginConfigs, value["plugin_config_id"], "route", 0)
	case gateway.Services:
		add(gateway.Upstreams, value["upstream_id"], "service", 1)
	case gateway.StreamRoutes:
		add(gateway.Services, value["service_id"], "stream_route", 1)
	case gateway.Consumers:
		add(gateway.ConsumerGroups, value["group_id"], "consumer", 0)
	}
	return append(uses, pluginUses(kind, value)...)
}

// pluginHolders are the kinds whose traffic-split keeps an upstream, in the real gateway's order, as it names them.
var pluginHolders = []struct {
	kind gateway.Kind
	as   string
}{
	{gateway.Routes, "plugin in route"}, {gateway.Services, "plugin in service"},
	{gateway.PluginConfigs, "plugin in plugin_config"}, {gateway.Consumers, "plugin in consumer"},
	{gateway.ConsumerGroups, "plugin in consumer_group"}, {gateway.GlobalRules, "plugin in global_rules"},
}

func pluginUses(kind gateway.Kind, value map[string]any) []use {
	plugins, _ := value["plugins"].(map[string]any)
	var uses []use
	for rank, holder := range pluginHolders {
		if holder.kind != kind {
			continue
		}
		for _, id := range splitUpstreams(plugins) {
			uses = append(uses, use{gateway.Key{Kind: gateway.Upstreams, ID: id}, holder.as, 2 + rank})
		}
	}
	if transcode, ok := plugins["grpc-transcode"].(map[string]any); ok && kind == gateway.Routes {
		uses = append(uses, use{gateway.Key{Kind: gateway.Protos, ID: idText(transcode["proto_id"])}, "route", 0})
	} else if ok && kind == gateway.Services {
		uses = append(uses, use{gateway.Key{Kind: gateway.Protos, ID: idText(transcode["proto_id"])}, "service", 1})
	}
	return uses
}

// splitUpstreams returns the ids of the upstreams that a traffic-split names.
func splitUpstreams(plugins map[string]any) []string {
	split, _ := plugins["traffic-split"].(map[string]any)
	var ids []string
	for _, rule := range objects(split["rules"]) {
		for _, weighted := range objects(rule["weighted_upstreams"]) {
			if id := idText(weighted["upstream_id"]); id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// objects returns the objects in a list.
func objects(v any) []map[string]any {
	list, _ := v.([]any)
	var out []map[string]any
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// idText returns an id as the text that keys hold; "" when v is none. Clients may write an id as a number.
func idText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}
