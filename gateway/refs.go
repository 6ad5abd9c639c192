package gateway

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Ref is a reference from one resource to another.
type Ref struct {
	To   Key
	Path Path // where in the referring resource the name stands
	// Soft says that the gateway works without the target: a list of names that a plugin lets in, or a secret that may be
	// managed elsewhere. Soft references order changes; only a hard one can dangle.
	Soft bool
}

// Refs returns what r refers to, the references inside its plugins included: its own fields first, then its
// upstream, its plugins and the secrets that it names, each in order of path.
func Refs(r Resource) []Ref {
	c := collector{}
	c.fields(r.Spec, nil, fieldRefs[r.Key.Kind])
	if r.Key.Kind == Credentials {
		username, _, _ := strings.Cut(r.Key.ID, "/")
		c.refs = append(c.refs, Ref{To: Key{Consumers, username}})
	}
	if r.Key.Kind == Upstreams {
		c.upstream(r.Spec, nil)
	}
	c.upstream(r.Spec["upstream"], Path{Field("upstream")})
	c.plugins(r.Spec["plugins"], Path{Field("plugins")})
	c.secrets(r.Spec, make(Path, 0, 8))
	return c.refs
}

// fieldRefs names the top-level fields that hold an id, by kind.
var fieldRefs = map[Kind]map[string]Kind{
	Routes:       {"service_id": Services, "upstream_id": Upstreams, "plugin_config_id": PluginConfigs},
	Services:     {"upstream_id": Upstreams},
	StreamRoutes: {"service_id": Services, "upstream_id": Upstreams},
	Consumers:    {"group_id": ConsumerGroups},
}

type collector struct{ refs []Ref }

func (c *collector) add(kind Kind, v any, at Path, soft bool) {
	if id := idText(v); id != "" {
		c.refs = append(c.refs, Ref{To: Key{kind, id}, Path: at, Soft: soft})
	}
}

// idText reads an id as the gateway compares it: integers as text.
func idText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

func (c *collector) fields(m map[string]any, at Path, kinds map[string]Kind) {
	for _, field := range sortedKeys(kinds) {
		if id, ok := m[field]; ok {
			c.add(kinds[field], id, at.With(Field(field)), false)
		}
	}
	if protocol, ok := m["protocol"].(map[string]any); ok {
		c.add(StreamRoutes, protocol["superior_id"], at.With(Field("protocol")).With(Field("superior_id")), false)
	}
}

// upstream finds the client certificate of an upstream, inline or on its own.
func (c *collector) upstream(v any, at Path) {
	upstream, _ := v.(map[string]any)
	tls, _ := upstream["tls"].(map[string]any)
	if tls == nil {
		return
	}
	c.add(SSLs, tls["client_cert_id"], at.With(Field("tls")).With(Field("client_cert_id")), false)
}

func (c *collector) plugins(v any, at Path) {
	plugins, _ := v.(map[string]any)
	for _, name := range referring {
		if conf, ok := plugins[name].(map[string]any); ok {
			c.plugin(name, conf, at.With(Field(name)))
		}
	}
}

// referring are the plugins that name other resources, in order.
var referring = []string{"basic-auth", "consumer-restriction", "grpc-transcode", "hmac-auth", "jwt-auth", "key-auth", "traffic-split"}

func (c *collector) plugin(name string, conf map[string]any, at Path) {
	switch name {
	case "traffic-split":
		c.trafficSplit(conf, at)
	case "grpc-transcode":
		c.add(Protos, conf["proto_id"], at.With(Field("proto_id")), false)
	case "key-auth", "jwt-auth", "basic-auth", "hmac-auth":
		c.add(Consumers, conf["anonymous_consumer"], at.With(Field("anonymous_consumer")), false)
	case "consumer-restriction":
		c.restriction(conf, at)
	}
}

func (c *collector) trafficSplit(conf map[string]any, at Path) {
	rules, _ := conf["rules"].([]any)
	for i, rule := range rules {
		rule, _ := rule.(map[string]any)
		weighted, _ := rule["weighted_upstreams"].([]any)
		for j, entry := range weighted {
			entry, _ := entry.(map[string]any)
			place := at.With(Field("rules")).With(Item(i)).With(Field("weighted_upstreams")).With(Item(j))
			c.add(Upstreams, entry["upstream_id"], place.With(Field("upstream_id")), false)
			c.upstream(entry["upstream"], place.With(Field("upstream")))
		}
	}
}

// restrictionKinds says what the names in a consumer-restriction list are.
var restrictionKinds = map[string]Kind{
	"": Consumers, "consumer_name": Consumers, "service_id": Services, "route_id": Routes, "consumer_group_id": ConsumerGroups,
}

func (c *collector) restriction(conf map[string]any, at Path) {
	names, _ := conf["type"].(string)
	kind, ok := restrictionKinds[names]
	if !ok {
		return
	}
	for _, list := range []string{"blacklist", "whitelist"} {
		names, _ := conf[list].([]any)
		for i, name := range names {
			c.add(kind, name, at.With(Field(list)).With(Item(i)), true)
		}
	}
}

// secrets finds $secret://manager/id/… in every text. The path is shared while walking, and copied into what is found.
func (c *collector) secrets(v any, at Path) {
	switch v := v.(type) {
	case map[string]any:
		found := len(c.refs)
		for field, value := range v {
			c.secrets(value, append(at, Field(field)))
		}
		if len(c.refs) > found+1 {
			slices.SortFunc(c.refs[found:], func(a, b Ref) int { return a.Path.compare(b.Path) })
		}
	case []any:
		for i, item := range v {
			c.secrets(item, append(at, Item(i)))
		}
	case string:
		rest, ok := strings.CutPrefix(v, "$secret://")
		if parts := strings.SplitN(rest, "/", 3); ok && len(parts) == 3 {
			c.refs = append(c.refs, Ref{To: Key{Secrets, parts[0] + "/" + parts[1]}, Path: slices.Clone(at), Soft: true})
		}
	}
}

// compare orders paths as they are met when the fields of each map are taken in order.
func (p Path) compare(q Path) int {
	return slices.CompareFunc(p, q, func(a, b Step) int { return cmp.Or(cmp.Compare(a.Index, b.Index), cmp.Compare(a.Key, b.Key)) })
}
