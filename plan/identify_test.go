package plan

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
)

func TestOrderOfCallers(t *testing.T) {
	tests := []struct {
		name, live, want, steps string
	}{
		{
			name:  "a consumer that needs nothing new saves a barrier",
			want:  "upstreams/u; consumers/c key=one",
			steps: "expand: +upstreams/u +consumers/c |",
		},
		{
			name:  "a consumer comes after its group",
			want:  "consumer_groups/g; consumers/c group_id=g; credentials/c/k key=one",
			steps: "expand: +consumer_groups/g |\nexpand: +consumers/c +credentials/c/k |",
		},
		{
			name:  "a consumer goes before its group",
			live:  "consumer_groups/g; consumers/c group_id=g; credentials/c/k key=one",
			steps: "contract: -consumers/c -credentials/c/k |\ncontract: -consumer_groups/g",
		},
		{
			name:  "a key that moves waits for nothing in between",
			live:  "consumers/a key=one; consumers/b",
			want:  "consumers/a; consumers/b key=one; upstreams/u",
			steps: "expand: +upstreams/u |\nexpand: ~consumers/a\nexpand: ~consumers/b |",
		},
		{
			name:  "a key that nobody asks for any more is dropped when the route has gone",
			live:  "consumers/a key=one; routes/r uri=/x plugin=key-auth",
			want:  "consumers/a",
			steps: "contract: -routes/r |\ncontract: ~consumers/a |",
		},
		{
			name:  "a key that goes while nothing else changes goes at once",
			live:  "consumers/a key=one; routes/r uri=/x plugin=key-auth",
			want:  "consumers/a; routes/r uri=/x plugin=key-auth",
			steps: "expand: ~consumers/a |",
		},
		{
			name:  "a consumer keeps what a route takes over",
			live:  "consumers/a plugin=ip-restriction; routes/r uri=/x",
			want:  "consumers/a; routes/r uri=/x plugin=ip-restriction",
			steps: "switch: ~routes/r |\ncontract: ~consumers/a |",
		},
		{
			name:  "a consumer does not keep its guard because a route begins to ask",
			live:  "consumers/a plugin=ip-restriction; routes/r uri=/x",
			want:  "consumers/a; routes/r uri=/x plugin=key-auth",
			steps: "expand: ~consumers/a |\nswitch: ~routes/r |",
		},
		{
			name: "a credential changes its plugin with the route",
			live: "consumers/a; credentials/a/k key=one; routes/r uri=/x plugin=key-auth",
			want: "consumers/a; credentials/a/k plugin=basic-auth; routes/r uri=/x plugin=basic-auth",
			steps: "expand: ~credentials/a/k\nexpand: +credentials/a/sluice-detour- |\nswitch: ~routes/r |\n" +
				"contract: -credentials/a/sluice-detour-",
		},
		{
			name:  "a credential changes its plugin and nothing else does",
			live:  "consumers/a; credentials/a/k key=one; routes/r uri=/x plugin=key-auth",
			want:  "consumers/a; credentials/a/k plugin=basic-auth; routes/r uri=/x plugin=key-auth",
			steps: "expand: ~credentials/a/k |",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			live := parse(t, tt.live)
			p := New(parse(t, tt.want), live, Policy{Empty: true, Inventory: live.Keys()})
			if diff := cmp.Diff(tt.steps, digits.ReplaceAllString(outline(p), "$1")); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

// digits find the part of a temporary id that says what it was made of.
var digits = regexp.MustCompile(`(sluice-detour-)[0-9a-f]+`)

func TestNamesOfBothAreLetInWhileTheyChange(t *testing.T) {
	list := func(kind, field string, names ...any) map[string]any {
		return map[string]any{"type": kind, field: names}
	}
	tests := []struct {
		name       string
		live, want string
		old, next  map[string]any // the restriction of routes/r
		widened    []any          // nil: its lists change at one go
	}{
		{"a group is renamed", "consumer_groups/gold; consumers/c group_id=gold", "consumer_groups/golden; consumers/c group_id=golden",
			list("consumer_group_id", "whitelist", "gold"), list("consumer_group_id", "whitelist", "golden"), []any{"golden", "gold"}},
		{"a group that is kept out is renamed", "consumer_groups/gold; consumers/c group_id=gold", "consumer_groups/golden; consumers/c group_id=golden",
			list("consumer_group_id", "blacklist", "gold"), list("consumer_group_id", "blacklist", "golden"), []any{"golden", "gold"}},
		{"a consumer changes places with the list", "consumer_groups/a; consumer_groups/b; consumers/c group_id=b", "consumer_groups/a; consumer_groups/b; consumers/c group_id=a",
			list("consumer_group_id", "whitelist", "a"), list("consumer_group_id", "whitelist", "b"), nil},
		{"nobody moves", "consumer_groups/a; consumer_groups/b; consumers/c group_id=a", "consumer_groups/a; consumer_groups/b; consumers/c group_id=a",
			list("consumer_group_id", "whitelist", "a"), list("consumer_group_id", "whitelist", "b"), nil},
		{"another kind of names", "consumer_groups/gold; consumers/c group_id=gold", "consumer_groups/golden; consumers/c group_id=golden",
			list("consumer_group_id", "whitelist", "gold"), list("consumer_name", "whitelist", "golden"), nil},
		{"a consumer comes", "consumers/a", "consumers/a; consumers/b",
			list("consumer_name", "whitelist", "a"), list("consumer_name", "whitelist", "a", "b"), []any{"a", "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			live, want := parse(t, tt.live+"; routes/r uri=/x"), parse(t, tt.want+"; routes/r uri=/x")
			key := gateway.Key{Kind: gateway.Routes, ID: "r"}
			live[key].Spec["plugins"], want[key].Spec["plugins"] = map[string]any{restriction: tt.old}, map[string]any{restriction: tt.next}
			first := New(want, live, Policy{Inventory: live.Keys()}).Steps[0].Changes[0]
			if first.Key != key {
				if tt.widened != nil {
					t.Errorf("the first change is of %s, want the list to be widened", first.Key)
				}
				return
			}
			conf := restrictionOf(first.New)
			got, listed := conf["whitelist"].([]any)
			if !listed {
				got, _ = conf["blacklist"].([]any)
			}
			if tt.widened != nil && !slices.Equal(got, tt.widened) || tt.widened == nil && !gateway.Equal(conf, tt.next) {
				t.Errorf("the list is %v first, want %v", got, tt.widened)
			}
		})
	}
}
