package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
)

func tripped(p Plan) []string {
	var names []string
	for _, refusal := range p.Refusals {
		names = append(names, refusal.Guard)
	}
	return names
}

func many(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf("upstreams/u%02d", i))
	}
	return strings.Join(parts, "; ")
}

// renamedSix are three upstreams with services on them, all of names of their own.
func renamedSix(name string) string {
	var parts []string
	for i := range 3 {
		parts = append(parts, fmt.Sprintf("upstreams/%s%d retries=%d; services/%s%d retries=%d upstream_id=%s%d", name, i, i, name, i, i, name, i))
	}
	return strings.Join(parts, "; ")
}

func TestGuards(t *testing.T) {
	two, ten, sixty := 2, 10, 60
	tests := []struct {
		name       string
		live, want string
		policy     Policy
		tripped    []string
	}{
		{"within the default", many(20), many(11), Policy{}, nil},
		{"over the default share", many(20), many(9), Policy{}, []string{"maxDeletePercent"}},
		{"a handful is not measured by the default share", many(6), many(1), Policy{}, nil},
		{"but by a share that was set", many(6), many(5), Policy{Guard: Guard{MaxDeletePercent: &ten}}, []string{"maxDeletePercent"}},
		{"count", many(20), many(17), Policy{Guard: Guard{MaxDeletes: &two}}, []string{"maxDeletes"}},
		{"count at the limit", many(20), many(18), Policy{Guard: Guard{MaxDeletes: &two}}, nil},
		{"protected id", "routes/login uri=/; routes/a uri=/a", "routes/a uri=/a", Policy{Guard: Guard{Protect: []string{"routes/login"}}}, []string{"protect"}},
		{"protected kind", "credentials/a/k; consumers/a", "consumers/a", Policy{Guard: Guard{Protect: []string{"credentials/*"}}}, []string{"protect"}},
		{"protected pattern", "routes/login-a uri=/; upstreams/u", "upstreams/u", Policy{Guard: Guard{Protect: []string{"routes/login*"}}}, []string{"protect"}},
		{"what a pass left behind", "routes/sluice-bridge-1 uri=/; upstreams/sluice-detour-1; upstreams/u", "upstreams/u",
			Policy{Guard: Guard{MaxDeletes: new(int), MaxDeletePercent: new(int), Protect: []string{"routes/*"}}}, nil},
		{"what a pass left behind is no share", many(8) + "; routes/sluice-bridge-1 uri=/; routes/sluice-bridge-2 uri=/", many(3),
			Policy{Guard: Guard{MaxDeletePercent: &sixty}}, []string{"maxDeletePercent"}},
		{"emptied but for what a pass left behind", "routes/sluice-bridge-1 uri=/", "", Policy{}, nil},
		{"everything is renamed", renamedSix("old"), renamedSix("new"), Policy{}, nil},
		{"everything is renamed, and one changes", renamedSix("old"), strings.Replace(renamedSix("new"), "retries=0", "retries=9", 1), Policy{}, nil},
		{"everything is replaced", renamedSix("old"), strings.NewReplacer("=0", "=7", "=1", "=8", "=2", "=9").Replace(renamedSix("new")), Policy{}, []string{"maxDeletePercent"}},
		{"a rename of what is protected", "upstreams/old; upstreams/u", "upstreams/new; upstreams/u", Policy{Guard: Guard{Protect: []string{"upstreams/old"}}}, []string{"protect"}},
		{"a rename by a limit on the count", "upstreams/old; upstreams/u", "upstreams/new; upstreams/u", Policy{Guard: Guard{MaxDeletes: new(int)}}, []string{"maxDeletes"}},
		{"emptied", many(3), "", Policy{}, []string{"empty"}},
		{"emptied on purpose", many(3), "", Policy{Empty: true}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := New(parse(t, tt.want), parse(t, tt.live), tt.policy)
			if diff := cmp.Diff(tt.tripped, tripped(p)); diff != "" {
				t.Errorf("guards (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnownedIsNeverTouched(t *testing.T) {
	live := parse(t, "routes/hand uri=/hand; global_rules/hand plugin=cors")
	delete(live[gateway.Key{Kind: gateway.Routes, ID: "hand"}].Spec, "labels")
	p := New(parse(t, "routes/a uri=/a"), live, Policy{})
	if got, want := outline(p), "switch: +routes/a |"; got != want {
		t.Errorf("plan\n%s\nwant\n%s", got, want)
	}
}

func TestAProtectionThatMovesBetweenGlobalRulesMustBeAllowed(t *testing.T) {
	tests := []struct {
		name, live, want string
		tripped          []string
	}{
		{"renamed", "global_rules/a plugin=key-auth", "global_rules/b plugin=key-auth", []string{"exposed"}},
		{"edited in place", "global_rules/a plugin=key-auth", "global_rules/a plugin=jwt-auth", nil},
		{"no protection", "global_rules/a plugin=cors", "global_rules/b plugin=cors", nil},
		{"to the routes", "global_rules/a plugin=key-auth; routes/r uri=/", "routes/r uri=/ plugin=key-auth", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			live := parse(t, tt.live)
			p := New(parse(t, tt.want), live, Policy{Inventory: live.Keys()})
			if diff := cmp.Diff(tt.tripped, tripped(p)); diff != "" {
				t.Errorf("guards (-want +got):\n%s", diff)
			}
			for _, refusal := range p.Refusals {
				if want := "moves key-auth from global_rules/a to global_rules/b, and"; !strings.HasPrefix(refusal.What, want) {
					t.Errorf("refusal %q, want it to begin %q", refusal.What, want)
				}
			}
		})
	}
}

func TestAnIdentityThatMovesMustBeAllowed(t *testing.T) {
	tests := []struct {
		name, live, want string
		tripped          []string
	}{
		{"to another consumer", "consumers/a key=topsecret", "consumers/b key=topsecret", []string{"identity-moves"}},
		{"to another credential", "consumers/a; credentials/a/one key=topsecret", "consumers/a; credentials/a/two key=topsecret", []string{"identity-moves"}},
		{"to one that exists", "consumers/a; credentials/a/k key=topsecret; consumers/b", "consumers/a; consumers/b key=topsecret", []string{"identity-moves"}},
		{"renewed", "consumers/a key=topsecret", "consumers/a key=another", nil},
		{"a new one beside it", "consumers/a key=topsecret", "consumers/a key=topsecret; consumers/b key=another", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			live := parse(t, tt.live)
			p := New(parse(t, tt.want), live, Policy{Inventory: live.Keys()})
			if diff := cmp.Diff(tt.tripped, tripped(p)); diff != "" {
				t.Errorf("guards (-want +got):\n%s", diff)
			}
			for _, refusal := range p.Refusals {
				if strings.Contains(refusal.What, "topsecret") {
					t.Error("the refusal shows the key")
				}
			}
		})
	}
}

func TestAdoptIsVisibleAndMustBeAllowed(t *testing.T) {
	live := parse(t, "routes/a uri=/a")
	delete(live[gateway.Key{Kind: gateway.Routes, ID: "a"}].Spec, "labels")
	want := parse(t, "routes/a uri=/a")
	p := New(want, live, Policy{})
	if got := outline(p); got != "switch: =routes/a |" {
		t.Errorf("plan %s", got)
	}
	if !slices.Equal(tripped(p), []string{"adopt"}) {
		t.Errorf("guards %v", tripped(p))
	}
	if p := New(want, live, Policy{Adopt: true}); len(p.Refusals) > 0 {
		t.Errorf("adopt: allow still trips %v", tripped(p))
	}
}

func TestSameContentOfAnUnlabelledKindMayChangeHands(t *testing.T) {
	state := parse(t, "global_rules/g plugin=cors")
	p := New(state, state, Policy{})
	changes := p.Changes()
	if len(changes) != 1 || changes[0].Op != Adopt || changes[0].Writes() || len(p.Refusals) > 0 {
		t.Errorf("changes %+v, refusals %v", changes, p.Refusals)
	}
}

func TestWhatForeignResourcesNeedIsKept(t *testing.T) {
	live := parse(t, "upstreams/u; upstreams/v; routes/hand uri=/ upstream_id=u")
	delete(live[gateway.Key{Kind: gateway.Routes, ID: "hand"}].Spec, "labels")
	p := New(parse(t, "upstreams/v"), live, Policy{})
	if !slices.Equal(tripped(p), []string{"foreign"}) {
		t.Errorf("guards %v", tripped(p))
	}
}

func TestLeaveIsBoundToThePlan(t *testing.T) {
	p := New(parse(t, ""), parse(t, many(3)), Policy{})
	trailer := p.Allow("prod")
	twin := New(parse(t, ""), parse(t, many(3)), Policy{Group: "prod-us"})
	other := New(parse(t, ""), parse(t, many(4)), Policy{})
	tests := []struct {
		message, environment string
		plan                 Plan
		want                 bool
	}{
		{"Remove all\n\n" + trailer + "\n", "prod", p, true},
		{"Remove all\n\n" + trailer + "\n", "uat", p, false},
		{"Remove all\n\n" + trailer + "\n", "prod", twin, false},
		{"Remove all\n\n" + trailer + "\n", "prod", other, false},
		{"Remove all\n\n" + trailer[:len(trailer)-1], "prod", p, false},
		{"Remove all\n\nSluice-Allow: prod " + p.Digest(), "prod", p, true},
		{"Remove all", "prod", p, false},
	}
	for _, tt := range tests {
		if got := tt.plan.AllowedBy(tt.message, tt.environment); got != tt.want {
			t.Errorf("AllowedBy(%q, %s) = %v", tt.message, tt.environment, got)
		}
	}
}
