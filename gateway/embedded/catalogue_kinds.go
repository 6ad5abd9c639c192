package embedded

import (
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// kindInfo is what the Admin API knows of one kind.
type kindInfo struct {
	kind     gateway.Kind
	singular string // names the schema, and with spaces the kind in texts
	post     bool
	patch    bool
}

var kindInfos = []kindInfo{
	{gateway.Routes, "route", true, true},
	{gateway.Services, "service", true, true},
	{gateway.Upstreams, "upstream", true, true},
	{gateway.Consumers, "consumer", false, false},
	{gateway.Credentials, "credential", false, false},
	{gateway.ConsumerGroups, "consumer_group", false, true},
	{gateway.PluginConfigs, "plugin_config", false, true},
	{gateway.GlobalRules, "global_rule", false, true},
	{gateway.PluginMetadata, "plugin_metadata", false, false},
	{gateway.SSLs, "ssl", true, true},
	{gateway.Protos, "proto", true, false},
	{gateway.StreamRoutes, "stream_route", true, false},
	{gateway.Secrets, "secret", false, true},
}

func kindOf(plural string) (kindInfo, bool) {
	i := slices.IndexFunc(kindInfos, func(k kindInfo) bool { return string(k.kind) == plural })
	if i < 0 {
		return kindInfo{}, false
	}
	return kindInfos[i], true
}

// spoken is the kind as texts name it: "plugin config"; plugin_metadata alone keeps its line.
func (k kindInfo) spoken() string {
	if k.kind == gateway.PluginMetadata {
		return k.singular
	}
	return strings.ReplaceAll(k.singular, "_", " ")
}

// hasTimes reports whether the gateway writes create_time and update_time into resources of the kind.
func (k kindInfo) hasTimes() bool { return k.kind != gateway.PluginMetadata }
