package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
)

// withNodes is an upstream with a route on it. Nodes are "a:1" with weight 1, or "a:1=0".
func withNodes(listed bool, nodes string, more ...string) gateway.State {
	var hash, list any = map[string]any{}, []any{}
	for _, text := range strings.Fields(nodes) {
		address, zero := strings.CutSuffix(text, "=0")
		weight := int64(1)
		if zero {
			weight = 0
		}
		host, port, _ := cutPort(address)
		hash.(map[string]any)[address] = weight
		list = append(list.([]any), map[string]any{"host": host, "port": port, "weight": weight, "priority": int64(-1)})
	}
	spec := map[string]any{"nodes": hash}
	if listed {
		spec["nodes"] = list
	}
	for _, field := range more {
		spec[field] = "x"
	}
	if len(more) > 0 {
		delete(spec, "nodes")
	}
	labels := map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
	spec["labels"] = labels
	upstream, route := gateway.Key{Kind: gateway.Upstreams, ID: "u"}, gateway.Key{Kind: gateway.Routes, ID: "r"}
	return gateway.State{
		upstream: {Key: upstream, Spec: spec},
		route:    {Key: route, Spec: map[string]any{"uri": "/", "upstream_id": "u", "labels": labels}},
	}
}

func TestNodesThatGoAreDrainedFirst(t *testing.T) {
	tests := []struct {
		name       string
		live, want gateway.State
		first      string // the nodes after the first part; "" when there is one part only
		tripped    []string
		warned     string
	}{
		{"one of two", withNodes(false, "a:1 b:1"), withNodes(false, "a:1"), "a:1=1 b:1=0", nil, ""},
		{"in the list form", withNodes(true, "a:1 b:1"), withNodes(true, "a:1"), "a:1=1 b:1=0", nil, ""},
		{"from the hash form to the list form", withNodes(false, "a:1 b:1"), withNodes(true, "a:1"), "a:1=1 b:1=0", nil, ""},
		{"all at once", withNodes(false, "a:1 b:1"), withNodes(false, "c:1"), "a:1=0 b:1=0 c:1=1", nil, ""},
		{"one comes", withNodes(false, "a:1"), withNodes(false, "a:1 b:1"), "", nil, ""},
		{"only weights change", withNodes(false, "a:1 b:1"), withNodes(false, "a:1 b:1=0"), "", nil, ""},
		{"those that stay have no weight", withNodes(false, "a:1 b:1=0"), withNodes(false, "b:1=0"), "", []string{"nodes"}, ""},
		{"the last goes", withNodes(false, "a:1"), withNodes(false, ""), "", []string{"nodes"}, ""},
		{"all weights 0", withNodes(true, "a:1 b:1"), withNodes(true, "a:1=0 b:1=0"), "", []string{"nodes"}, ""},
		{"all weights were 0", withNodes(false, "a:1=0 b:1=0"), withNodes(false, "a:1=0"), "", nil, ""},
		{"discovery takes over", withNodes(false, "a:1"), withNodes(false, "", "service_name"), "", nil, ""},
		{"three of four", withNodes(false, "a:1 b:1 c:1 d:1"), withNodes(false, "a:1"), "a:1=1 b:1=0 c:1=0 d:1=0", nil, "most-nodes-go"},
		{"two of four", withNodes(false, "a:1 b:1 c:1 d:1"), withNodes(false, "a:1 b:1"), "a:1=1 b:1=1 c:1=0 d:1=0", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := New(tt.want, tt.live, Policy{})
			if diff := cmp.Diff(tt.tripped, tripped(p)); diff != "" {
				t.Errorf("guards (-want +got):\n%s", diff)
			}
			got := ""
			for _, warning := range p.Warnings {
				got += warning.Code
			}
			if got != tt.warned {
				t.Errorf("warnings %q, want %q", got, tt.warned)
			}
			wantSteps := "switch: ~upstreams/u |\ncontract: ~upstreams/u |"
			if tt.first == "" {
				wantSteps = "expand: ~upstreams/u |"
			} else if got := weights(*p.Steps[0].Changes[0].New); got != tt.first {
				t.Errorf("first %q, want %q", got, tt.first)
			}
			if got := outline(p); got != wantSteps {
				t.Errorf("steps\n%s\nwant\n%s", got, wantSteps)
			}
			changes := p.Changes()
			if last := changes[len(changes)-1]; !gateway.Equal(last.New.Spec, tt.want[last.Key].Spec) {
				t.Errorf("ends with %v", last.New.Spec)
			}
		})
	}
}

func weights(r gateway.Resource) string {
	nodes, _ := nodesOf(upstreamOf(r))
	var list []string
	for _, n := range nodes {
		if n.item != nil && n.item["priority"] != int64(-1) {
			list = append(list, "without the priority of the others:")
		}
		list = append(list, n.address+"="+gateway.Show(n.weight))
	}
	return strings.Join(list, " ")
}

func TestNodesOfAnUnusedUpstreamMayGo(t *testing.T) {
	live, want := withNodes(false, "a:1"), withNodes(false, "")
	route := gateway.Key{Kind: gateway.Routes, ID: "r"}
	delete(live, route)
	delete(want, route)
	if p := New(want, live, Policy{}); len(p.Refusals) > 0 {
		t.Errorf("guards %v", tripped(p))
	}
	foreign := gateway.Resource{Key: route, Spec: map[string]any{"uri": "/", "upstream_id": "u"}}
	live[route] = foreign
	if p := New(want, live, Policy{}); !slices.Equal(tripped(p), []string{"nodes"}) {
		t.Errorf("a route by hand uses it, guards %v", tripped(p))
	}
}
