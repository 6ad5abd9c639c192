package gateway

import "slices"

// Kind is a type of gateway resource, spelt as the Admin API and the fragments spell it.
type Kind string

// The thirteen kinds of Apache APISIX.
const (
	Secrets        Kind = "secrets"         // id: "manager/id", as "vault/1"
	PluginMetadata Kind = "plugin_metadata" // id: the plugin's name
	SSLs           Kind = "ssls"
	Protos         Kind = "protos"
	Upstreams      Kind = "upstreams"
	PluginConfigs  Kind = "plugin_configs"
	ConsumerGroups Kind = "consumer_groups"
	Consumers      Kind = "consumers"   // id: the username
	Credentials    Kind = "credentials" // id: "username/id"; written inside its consumer in a fragment
	Services       Kind = "services"
	Routes         Kind = "routes"
	StreamRoutes   Kind = "stream_routes"
	GlobalRules    Kind = "global_rules"
)

var kinds = []Kind{
	Secrets, PluginMetadata, SSLs, Protos, Upstreams, PluginConfigs, ConsumerGroups, Consumers, Credentials, Services,
	Routes, StreamRoutes, GlobalRules,
}

// Kinds returns every kind in dependency order: what is referred to stands before what refers to it. Creates go down this
// list, deletes go up.
func Kinds() []Kind { return slices.Clone(kinds) }

// Order returns the place of k in Kinds, or -1 for a kind that does not exist.
func (k Kind) Order() int { return slices.Index(kinds, k) }

// Valid reports whether k is one of Kinds.
func (k Kind) Valid() bool { return slices.Contains(kinds, k) }

// HasLabels reports whether resources of this kind can carry labels: global rules refuse them, plugin
// metadata and secrets would hand them to a plugin or a secret manager as configuration.
func (k Kind) HasLabels() bool {
	switch k {
	case GlobalRules, PluginMetadata, Secrets:
		return false
	}
	return k.Valid()
}

// TakesTraffic reports whether resources of this kind decide by themselves which requests are answered, and how.
func (k Kind) TakesTraffic() bool { return k == Routes || k == StreamRoutes || k == GlobalRules }
