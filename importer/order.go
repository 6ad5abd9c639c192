package importer

import (
	"cmp"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// first and last are the fields that people write first and last; what they don't name stands between, in order.
var (
	first = []string{
		"id", "name", "username", "desc", "labels", "uri", "uris", "host", "hosts", "sni", "snis", "methods", "remote_addr", "remote_addrs",
		"port", "weight", "server_addr", "server_port", "priority", "vars", "filter_func", "status", "group_id", "service_id", "upstream_id", "plugin_config_id", "enable_websocket",
		"type", "scheme", "service_name", "discovery_type", "discovery_args", "nodes", "hash_on", "key", "retries", "retry_timeout", "timeout", "connect", "send", "read",
	}
	last = []string{"cert", "certs", "keys", "content", "upstream", "_meta", "plugins", "credentials"}
)

// inOrder returns the fields of a body as people write them.
func inOrder(m map[string]any) []string {
	return slices.SortedFunc(slices.Values(sorted(m)), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
}

func rank(field string) int {
	if i := slices.Index(first, field); i >= 0 {
		return i
	}
	return len(first) + 1 + slices.Index(last, field)
}

// inKindOrder returns the kinds of a fragment, what is referred to before what refers to it.
func inKindOrder(fragment map[string]any) []string {
	return slices.SortedFunc(slices.Values(sorted(fragment)), func(a, b string) int {
		return cmp.Compare(gateway.Kind(a).Order(), gateway.Kind(b).Order())
	})
}
