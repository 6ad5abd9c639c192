package conformance

import (
	"bytes"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// standIns begin the ids of what a plan makes for the time of a change.
var standIns = []string{"sluice-bridge-", "sluice-detour-"}

// ours reports whether the suite made a resource, this run or an earlier one. Ids that are not the suite's alone are its own when
// the body says so: a bridge may belong to somebody who is at work on the same gateway.
func ours(r gateway.Resource) bool {
	_, id, nested := strings.Cut(r.Key.ID, "/")
	if !nested || r.Key.Kind == gateway.Credentials {
		id = r.Key.ID
	}
	if strings.HasPrefix(id, Prefix) {
		return true
	}
	shared := r.Key.Kind == gateway.PluginMetadata
	for _, prefix := range standIns {
		shared = shared || strings.HasPrefix(id, prefix)
	}
	return shared && (strings.Contains(id, Prefix) || bytes.Contains(gateway.AppendCanonical(nil, r.Spec), []byte(Prefix)))
}

// metadata returns the metadata of a logger, with a mark by which it is known as the suite's own.
func metadata(plugin, host string) gateway.Resource {
	return resource(gateway.PluginMetadata, plugin, object{"log_format": object{"host": host, "at": "$time_iso8601", Prefix + "mark": "1"}})
}
