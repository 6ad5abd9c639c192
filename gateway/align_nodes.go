package gateway

import (
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
)

// node is one node of an upstream, from either spelling.
type node struct {
	address string         // host:port without brackets, the port of the scheme when none is written
	key     string         // the address as the map form spells it
	fields  map[string]any // host, port, weight and whatever else the list form holds
}

// respellNodes writes live's nodes in the form and the order of desired's. Nodes that the form can't hold stay as they are.
func (a aligner) respellNodes(desired, live map[string]any) {
	if Equal(desired["nodes"], live["nodes"]) {
		return
	}
	want, wantOK := nodesOf(desired)
	have, haveOK := nodesOf(live)
	if !wantOK || !haveOK {
		return
	}
	paired, rest := pairNodes(want, have)
	if _, asMap := desired["nodes"].(map[string]any); asMap {
		if nodes, ok := nodeMap(paired, rest); ok {
			live["nodes"] = nodes
		}
		return
	}
	list := make([]any, 0, len(have))
	for _, n := range append(paired, rest...) {
		list = append(list, n.fields)
	}
	live["nodes"] = list
}

// pairNodes returns the live nodes that desired names too, in desired's order and address spelling, and the others.
func pairNodes(want, have []node) (paired, rest []node) {
	rest = slices.Clone(have)
	for _, w := range want {
		i := slices.IndexFunc(rest, func(n node) bool { return n.address == w.address })
		if i < 0 {
			continue
		}
		n := rest[i]
		n.key, n.fields = w.key, maps.Clone(n.fields)
		for _, field := range []string{"host", "port"} {
			delete(n.fields, field)
			if v, ok := w.fields[field]; ok {
				n.fields[field] = v
			}
		}
		paired, rest = append(paired, n), slices.Delete(rest, i, i+1)
	}
	return paired, rest
}

// nodeMap returns the map form, or false when a node holds more than an address and a weight, or two share an address.
func nodeMap(lists ...[]node) (map[string]any, bool) {
	nodes := map[string]any{}
	for _, n := range slices.Concat(lists...) {
		for field, value := range n.fields {
			plain := field == "host" || field == "port" || field == "weight" || field == "priority" && value == int64(0)
			if !plain {
				return nil, false
			}
		}
		weight, weighted := n.fields["weight"]
		if _, twice := nodes[n.key]; twice || !weighted {
			return nil, false
		}
		nodes[n.key] = weight
	}
	return nodes, true
}

// nodesOf reads the nodes of an upstream in either form, those of the map form in order of address.
func nodesOf(upstream map[string]any) ([]node, bool) {
	switch nodes := upstream["nodes"].(type) {
	case map[string]any:
		read := make([]node, 0, len(nodes))
		for _, key := range sortedKeys(nodes) {
			read = append(read, nodeFromKey(key, nodes[key], upstream["scheme"]))
		}
		return read, true
	case []any:
		read := make([]node, 0, len(nodes))
		for _, item := range nodes {
			fields, ok := item.(map[string]any)
			if !ok {
				return nil, false
			}
			read = append(read, nodeFromFields(fields, upstream["scheme"]))
		}
		return read, true
	}
	return nil, false
}

func nodeFromKey(key string, weight, scheme any) node {
	fields := map[string]any{"host": key, "weight": weight}
	host, port, err := net.SplitHostPort(key)
	if number, bad := strconv.ParseInt(port, 10, 64); err == nil && bad == nil {
		fields["host"], fields["port"] = host, number
		if strings.Contains(host, ":") {
			fields["host"] = "[" + host + "]"
		}
	}
	return node{address: address(fields, scheme), key: key, fields: fields}
}

func nodeFromFields(fields map[string]any, scheme any) node {
	host, _ := fields["host"].(string)
	key := host
	if port, ok := fields["port"].(int64); ok {
		key = host + ":" + strconv.FormatInt(port, 10)
	}
	return node{address: address(fields, scheme), key: key, fields: fields}
}

// schemePorts are the ports that a gateway takes when a node names none; nil is the scheme that it takes then.
var schemePorts = map[any]int64{nil: 80, "http": 80, "grpc": 80, "https": 443, "grpcs": 443}

func address(fields map[string]any, scheme any) string {
	host, _ := fields["host"].(string)
	port, ok := fields["port"].(int64)
	if !ok {
		port = schemePorts[scheme]
	}
	return strings.Trim(host, "[]") + ":" + strconv.FormatInt(port, 10)
}
