package api7

import (
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
)

// schemePorts are the ports of nodes that name none; the API wants one in each.
var schemePorts = map[any]int64{nil: 80, "http": 80, "grpc": 80, "https": 443, "grpcs": 443}

// nodeList returns nodes as the API wants them: a list, each with a port. It returns nil for what are no nodes.
func nodeList(nodes, scheme any) []any {
	switch nodes := nodes.(type) {
	case map[string]any:
		list := make([]any, 0, len(nodes))
		for _, address := range slices.Sorted(maps.Keys(nodes)) {
			list = append(list, withPort(nodeAt(address, nodes[address]), scheme))
		}
		return list
	case []any:
		list := make([]any, len(nodes))
		for i, item := range nodes {
			list[i] = item
			if node, ok := item.(map[string]any); ok {
				list[i] = withPort(node, scheme)
			}
		}
		return list
	}
	return nil
}

// nodeAt reads host:port, or a host alone.
func nodeAt(address string, weight any) map[string]any {
	host, port, err := net.SplitHostPort(address)
	number, bad := strconv.ParseInt(port, 10, 64)
	if err != nil || bad != nil {
		return map[string]any{"host": address, "weight": weight}
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return map[string]any{"host": host, "port": number, "weight": weight}
}

func withPort(node map[string]any, scheme any) map[string]any {
	port, known := schemePorts[scheme]
	if _, written := node["port"]; written || !known {
		return node
	}
	full := maps.Clone(node)
	full["port"] = port
	return full
}
