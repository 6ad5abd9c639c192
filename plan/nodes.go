package plan

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
)

// A node that leaves an upstream while others stay is given the weight 0 first: it gets no new requests, and those under way end
// while the plan drains. It is removed in contract.

// node is one node of an upstream, in the hash form or in the list form.
type node struct {
	address string // host and port, as the hash form writes them
	weight  int64
	item    map[string]any // nil in the hash form
}

// nodesOf reads the nodes of an upstream's body, in order of address. Listed says that they stand there at all: an upstream that
// finds its nodes by discovery has none of its own.
func nodesOf(upstream map[string]any) (nodes []node, listed bool) {
	switch v := upstream["nodes"].(type) {
	case map[string]any:
		for _, address := range slices.Sorted(maps.Keys(v)) {
			weight, _ := v[address].(int64)
			nodes = append(nodes, node{address: address, weight: weight})
		}
		return nodes, true
	case []any:
		for _, item := range v {
			if item, ok := item.(map[string]any); ok {
				nodes = append(nodes, nodeOf(item))
			}
		}
		slices.SortStableFunc(nodes, func(a, b node) int { return strings.Compare(a.address, b.address) })
		return nodes, true
	}
	return nil, false
}

func nodeOf(item map[string]any) node {
	n := node{item: item}
	n.address, _ = item["host"].(string)
	if port, ok := item["port"].(int64); ok {
		n.address += ":" + strconv.FormatInt(port, 10)
	}
	n.weight, _ = item["weight"].(int64)
	return n
}

// serving reports whether any node gets new requests by its weight. Where none does, the gateway takes them all alike.
func serving(nodes []node) bool {
	return slices.ContainsFunc(nodes, func(n node) bool { return n.weight > 0 })
}

// upstreamOf is the upstream that a body is or holds; nil when it has none.
func upstreamOf(r gateway.Resource) map[string]any {
	if r.Key.Kind == gateway.Upstreams {
		return r.Spec
	}
	inline, _ := r.Spec["upstream"].(map[string]any)
	return inline
}

// drained returns the new form with the nodes that go still there, at weight 0; nil when none goes, or none would serve instead.
func drained(c Change) map[string]any {
	if c.Op == Delete {
		return nil
	}
	old, wasListed := nodesOf(upstreamOf(*c.Old))
	next, listed := nodesOf(upstreamOf(*c.New))
	if !wasListed || !listed || !serving(next) {
		return nil
	}
	gone := slices.DeleteFunc(old, func(n node) bool {
		return slices.ContainsFunc(next, func(m node) bool { return m.address == n.address })
	})
	if len(gone) == 0 {
		return nil
	}
	upstream := maps.Clone(upstreamOf(*c.New))
	upstream["nodes"] = withIdle(upstream["nodes"], gone, next)
	if c.Key.Kind == gateway.Upstreams {
		return upstream
	}
	spec := maps.Clone(c.New.Spec)
	spec["upstream"] = upstream
	return spec
}

// withIdle adds nodes at weight 0 in the form that the others have.
func withIdle(nodes any, gone, next []node) any {
	if byAddress, ok := nodes.(map[string]any); ok {
		all := maps.Clone(byAddress)
		for _, n := range gone {
			all[n.address] = int64(0)
		}
		return all
	}
	all := slices.Clone(nodes.([]any))
	for _, n := range gone {
		all = append(all, n.idle(next))
	}
	return all
}

// idle is a node as an item at weight 0. It takes the priority of a node that serves: among nodes of one priority at weight 0 the gateway
// would choose, weight or not.
func (n node) idle(next []node) map[string]any {
	item := maps.Clone(n.item)
	if item == nil {
		host, port, _ := cutPort(n.address)
		item = map[string]any{"host": host}
		if port > 0 {
			item["port"] = port
		}
	}
	item["weight"] = int64(0)
	delete(item, "priority")
	for _, other := range next {
		if priority, ok := other.item["priority"]; ok && other.weight > 0 {
			item["priority"] = priority
		}
		if other.weight > 0 {
			break
		}
	}
	return item
}

func cutPort(address string) (host string, port int64, ok bool) {
	colon := strings.LastIndexByte(address, ':')
	if colon < 0 {
		return address, 0, false
	}
	port, err := strconv.ParseInt(address[colon+1:], 10, 64)
	if err != nil {
		return address, 0, false
	}
	return address[:colon], port, true
}
