package canary

import (
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
)

// inList writes the nodes of an upstream as a list, each with its port: in a service a gateway takes no other form.
func inList(spec map[string]any) map[string]any {
	byAddress, ok := spec["nodes"].(map[string]any)
	if !ok {
		return spec
	}
	nodes := []any{}
	for _, address := range slices.Sorted(maps.Keys(byAddress)) {
		host, port := hostPort(address, spec["scheme"])
		nodes = append(nodes, map[string]any{"host": host, "port": port, "weight": byAddress[address]})
	}
	listed := maps.Clone(spec)
	listed["nodes"] = nodes
	return listed
}

// hostPort takes an address apart. The port is that of the scheme where none is written.
func hostPort(address string, scheme any) (string, int64) {
	host, text, err := net.SplitHostPort(address)
	port, bad := strconv.ParseInt(text, 10, 64)
	switch {
	case err == nil && bad == nil && strings.Contains(host, ":"):
		return "[" + host + "]", port
	case err == nil && bad == nil:
		return host, port
	case scheme == "https" || scheme == "grpcs":
		return address, 443
	}
	return address, 80
}
