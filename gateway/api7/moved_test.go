package api7_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
	"github.com/sluice-gitops/sluice/plan"
)

var _ apply.Watchful = settled{}

// TestMoved has another client write between plan and apply.
func TestMoved(t *testing.T) {
	all := state(t, everyKind)
	changed := func(key string) gateway.Resource {
		k, err := gateway.ParseKey(key)
		if err != nil {
			t.Fatal(err)
		}
		r := all[k]
		r.Spec = map[string]any{}
		for field, value := range all[k].Spec {
			r.Spec[field] = value
		}
		r.Spec["desc"] = "by hand"
		return r
	}
	tests := []struct {
		name   string
		theirs []gateway.Resource
		gone   []string
		want   []string
	}{
		{"nothing", nil, nil, nil},
		{"the same again", []gateway.Resource{all[gateway.Key{Kind: gateway.Routes, ID: "r1"}]}, nil, nil},
		{"changed", []gateway.Resource{changed("routes/r1"), changed("services/shop")}, nil, []string{"services/shop", "routes/r1"}},
		{"gone", nil, []string{"routes/r1", "credentials/alice/main"}, []string{"credentials/alice/main", "routes/r1"}},
	}
	for _, test := range tests {
		for _, how := range []string{"read", "written"} {
			t.Run(test.name+" since it was "+how, func(t *testing.T) {
				server := start(t, api7test.Config{})
				ours, theirs := client(t, server, nil), client(t, server, nil)
				for _, key := range all.Keys() {
					if err := ours.Put(t.Context(), all[key]); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := theirs.Live(t.Context()); err != nil { // so that it knows the extra upstreams
					t.Fatal(err)
				}
				if how == "read" {
					if _, err := ours.Live(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				for _, r := range test.theirs {
					if err := theirs.Put(t.Context(), r); err != nil {
						t.Fatal(err)
					}
				}
				for _, name := range test.gone {
					key, err := gateway.ParseKey(name)
					if err != nil {
						t.Fatal(err)
					}
					if err := theirs.Delete(t.Context(), key); err != nil {
						t.Fatal(err)
					}
				}
				moved, err := ours.Moved(t.Context(), all.Keys())
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, key := range moved {
					got = append(got, key.String())
				}
				slices.Sort(got)
				slices.Sort(test.want)
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("moved (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestMovedSeesWhatOthersMake has another client create what was absent when everything was read.
func TestMovedSeesWhatOthersMake(t *testing.T) {
	server := start(t, api7test.Config{})
	ours, theirs := client(t, server, nil), client(t, server, nil)
	desired := state(t, everyKind)
	if _, err := ours.Live(t.Context()); err != nil {
		t.Fatal(err)
	}
	if moved, err := ours.Moved(t.Context(), desired.Keys()); err != nil || len(moved) > 0 {
		t.Errorf("moved %v, %v, though nothing is there", moved, err)
	}
	bring(t, t, theirs, desired)
	moved, err := ours.Moved(t.Context(), desired.Keys())
	if diff := cmp.Diff(desired.Keys(), moved); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := ours.Live(t.Context()); err != nil {
		t.Fatal(err)
	}
	if moved, err := ours.Moved(t.Context(), desired.Keys()); err != nil || len(moved) > 0 {
		t.Errorf("moved %v, %v, though all was read since", moved, err)
	}
}

// TestMovedIsCheap bounds the requests of a look at many keys, and finds what has changed among them.
func TestMovedIsCheap(t *testing.T) {
	server := start(t, api7test.Config{})
	ours, theirs := client(t, server, nil), client(t, server, nil)
	bodies := `{"services/extra": {"upstreams": {"u": {"nodes": []}}}`
	const services, routes = 8, 6
	for s := range services {
		bodies += fmt.Sprintf(`, "services/s%d": {}`, s)
		for r := range routes {
			bodies += fmt.Sprintf(`, "routes/r%d-%d": {"service_id": "s%d", "uri": "/a"}, "consumers/c%d-%d": {}`, s, r, s, s, r)
		}
	}
	desired := state(t, bodies+"}")
	bring(t, t, ours, desired)
	for _, r := range []gateway.Resource{one(t, "services/s3", `{"desc": "theirs"}`), one(t, "routes/r4-2", `{"service_id": "s5", "uri": "/a"}`)} {
		if err := theirs.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := theirs.Delete(t.Context(), gateway.Key{Kind: gateway.Consumers, ID: "c1-1"}); err != nil {
		t.Fatal(err)
	}
	server.Forget()
	moved, err := ours.Moved(t.Context(), desired.Keys())
	if got := fmt.Sprint(moved); err != nil || got != "[consumers/c1-1 services/s3 routes/r4-2]" {
		t.Errorf("moved %s, %v", got, err)
	}
	if requests := len(server.Requests()); requests > services+10 {
		t.Errorf("%d requests for %d keys", requests, len(desired))
	}
	server.Forget()
	if _, err := ours.Moved(t.Context(), []gateway.Key{{Kind: gateway.Consumers, ID: "c0-0"}}); err != nil || len(server.Requests()) > 2 {
		t.Errorf("%q, %v for one key", server.Requests(), err)
	}
}

// TestStalePlanIsNotApplied ends a run before it undoes what somebody else did.
func TestStalePlanIsNotApplied(t *testing.T) {
	server := start(t, api7test.Config{})
	ours, theirs := client(t, server, nil), client(t, server, nil)
	bring(t, t, ours, state(t, `{"services/s": {"desc": "one"}}`))
	p := difference(t, t, ours, state(t, `{"services/s": {"desc": "two"}}`))
	if err := theirs.Put(t.Context(), one(t, "services/s", `{"desc": "theirs"}`)); err != nil {
		t.Fatal(err)
	}
	_, err := apply.Run(t.Context(), ours, p, apply.Options{})
	var own *gateway.Error
	if !errors.As(err, &own) || own.Class != gateway.Moved {
		t.Errorf("got %v, want a plan that has gone stale", err)
	}
	if fresh := difference(t, t, ours, state(t, `{"services/s": {"desc": "two"}}`)); len(fresh.Changes()) != 1 || fresh.Changes()[0].Op != plan.Update {
		t.Errorf("planned again: %s", changes(fresh))
	}
}
