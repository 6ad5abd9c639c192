package reconciler

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
)

func TestOverlay(t *testing.T) {
	type body = map[string]any
	for _, c := range []struct {
		name, path       string
		into, from, want body
	}{
		{"the value of the other", "a.b", body{"a": body{"b": int64(1), "c": "x"}}, body{"a": body{"b": int64(2), "c": "y"}}, body{"a": body{"b": int64(2), "c": "x"}}},
		{"the other has none", "a.b", body{"a": body{"b": int64(1), "c": "x"}}, body{"a": body{"c": "y"}}, body{"a": body{"c": "x"}}},
		{"only the other has one", "a.b", body{"z": "x"}, body{"a": body{"b": int64(2)}}, body{"z": "x", "a": body{"b": int64(2)}}},
		{"what it stands in is not there", "a.b", body{"a": body{"b": int64(1)}}, body{"z": "x"}, body{"a": body{"b": int64(1)}}},
		{"a whole field", "nodes", body{"nodes": body{"h:1": int64(1)}}, body{"nodes": body{"h:2": int64(1)}}, body{"nodes": body{"h:2": int64(1)}}},
		{"an item of a list", "l[1].x", body{"l": []any{"a", body{"x": "1"}}}, body{"l": []any{"b", body{"x": "2"}}}, body{"l": []any{"a", body{"x": "2"}}}},
		{"a list that is shorter", "l[1].x", body{"l": []any{"a"}}, body{"l": []any{"b", body{"x": "2"}}}, body{"l": []any{"a"}}},
		{"something else on the way", "a.b", body{"a": "text"}, body{"a": body{"b": "2"}}, body{"a": "text"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, err := gateway.ParsePath(c.path)
			if err != nil {
				t.Fatal(err)
			}
			key := gateway.Key{Kind: gateway.Routes, ID: "r"}
			other := gateway.Key{Kind: gateway.Routes, ID: "other"}
			state := func(spec body) gateway.State { return gateway.State{key: {Key: key, Spec: spec}} }
			into, from := state(c.into), state(c.from)
			into[other] = gateway.Resource{Key: other, Spec: body{"uri": "/"}}
			before := gateway.State{key: into[key], other: into[other]}.Digest()
			got, _ := overlay(into, from, []environments.Ignored{{Kind: gateway.Routes, ID: "r*", Path: path}})
			if diff := cmp.Diff(c.want, got[key].Spec); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if into.Digest() != before {
				t.Error("the state that went in was changed")
			}
			if len(got) != 2 {
				t.Errorf("%d resources", len(got))
			}
		})
	}
}
