package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
)

// outline writes a plan as one line per step: "expand: +services/b | barrier".
func outline(p Plan) string {
	var lines []string
	for _, step := range p.Steps {
		var names []string
		for _, change := range step.Changes {
			names = append(names, signs[change.Op]+change.Key.String())
		}
		line := string(step.Phase) + ": " + strings.Join(names, " ")
		if step.Barrier {
			line += " |"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestOrder(t *testing.T) {
	tests := []struct {
		name       string
		live, want string // states in the short form of parse
		steps      string
	}{
		{
			name:  "first apply",
			want:  "upstreams/u; services/s upstream_id=u; routes/r uri=/a service_id=s; global_rules/g",
			steps: "expand: +upstreams/u +services/s |\nswitch: +routes/r |\nswitch: +global_rules/g |",
		},
		{
			name:  "rename a service",
			live:  "services/old; routes/r uri=/a service_id=old",
			want:  "services/new; routes/r uri=/a service_id=new",
			steps: "expand: +services/new |\nswitch: ~routes/r |\ncontract: -services/old",
		},
		{
			name:  "a service moves to a new upstream",
			live:  "upstreams/a; services/s upstream_id=a",
			want:  "upstreams/b; services/s upstream_id=b",
			steps: "expand: +upstreams/b |\nexpand: ~services/s |\ncontract: -upstreams/a",
		},
		{
			name:  "an update that needs nothing new saves a barrier",
			live:  "upstreams/a retries=1",
			want:  "upstreams/a retries=2; upstreams/b",
			steps: "expand: ~upstreams/a +upstreams/b |",
		},
		{
			name:  "rename a route",
			live:  "routes/old uri=/a",
			want:  "routes/new uri=/a",
			steps: "switch: +routes/new |\ncontract: -routes/old",
		},
		{
			name:  "a new route takes what an old one gives up",
			live:  "routes/a uri=/x",
			want:  "routes/a uri=/y; routes/b uri=/x",
			steps: "switch: +routes/b |\nswitch: ~routes/a |",
		},
		{
			name: "two routes swap their paths",
			live: "routes/a uri=/x; routes/b uri=/y",
			want: "routes/a uri=/y; routes/b uri=/x",
			steps: "expand: +routes/sluice-bridge-3e23e8160039594a +routes/sluice-bridge-ca978112ca1bbdca |\n" +
				"switch: ~routes/a ~routes/b |\n" +
				"contract: -routes/sluice-bridge-3e23e8160039594a -routes/sluice-bridge-ca978112ca1bbdca",
		},
		{
			name: "a host moves between services",
			live: "services/s hosts=x; services/t hosts=y; routes/a uri=/ service_id=s; routes/b uri=/ service_id=t",
			want: "services/s hosts=z; services/t hosts=x; routes/a uri=/ service_id=s; routes/b uri=/ service_id=t",
			steps: "expand: +routes/sluice-bridge-3e23e8160039594a |\nexpand: ~services/s ~services/t |\n" +
				"contract: -routes/sluice-bridge-3e23e8160039594a",
		},
		{
			name:  "a host moves from a service to its route",
			live:  "services/s hosts=x; routes/a uri=/ service_id=s",
			want:  "services/s; routes/a uri=/ service_id=s hosts=x; routes/b uri=/b service_id=s",
			steps: "switch: ~routes/a |\nswitch: ~services/s |\nswitch: +routes/b |",
		},
		{
			name:  "a host moves from a service to its route while the service takes another",
			live:  "services/s hosts=x; routes/a uri=/ service_id=s",
			want:  "services/s hosts=y; routes/a uri=/ service_id=s hosts=x",
			steps: "switch: ~routes/a |\nswitch: ~services/s |",
		},
		{
			name:  "a longer path still answers what a shorter one gives up",
			live:  "routes/a uri=/x/y; routes/b uri=/x/*",
			want:  "routes/a uri=/z; routes/b uri=/x/*",
			steps: "switch: ~routes/a |",
		},
		{
			name:  "a service gives its upstream to its route",
			live:  "upstreams/u; services/s upstream_id=u; routes/a uri=/ service_id=s",
			want:  "upstreams/u; services/s; routes/a uri=/ service_id=s upstream_id=u",
			steps: "switch: ~routes/a |\nswitch: ~services/s |",
		},
		{
			name: "a service gives its authentication to its route and changes otherwise",
			live: "services/s plugin=key-auth; routes/a uri=/ service_id=s; routes/b uri=/b service_id=s",
			want: "services/s desc=new; routes/a uri=/ service_id=s plugin=key-auth",
			steps: "expand: +services/sluice-detour-c07045ecd019e779 |\nexpand: ~routes/b |\n" +
				"switch: ~routes/a |\nswitch: ~services/s |\n" +
				"contract: -routes/b |\ncontract: -services/sluice-detour-c07045ecd019e779",
		},
		{
			name:  "a service that loses a plugin when no route changes",
			live:  "services/s plugin=key-auth; routes/a uri=/ service_id=s",
			want:  "services/s; routes/a uri=/ service_id=s",
			steps: "expand: ~services/s |",
		},
		{
			name:  "a plugin config gives its authentication to a route",
			live:  "plugin_configs/p plugin=key-auth; routes/a uri=/ plugin_config_id=p",
			want:  "plugin_configs/p plugin=cors; routes/a uri=/ plugin_config_id=p plugin=key-auth",
			steps: "switch: ~routes/a |\nswitch: ~plugin_configs/p |",
		},
		{
			name:  "a route gives its authentication to a global rule",
			live:  "routes/a uri=/ plugin=key-auth",
			want:  "routes/a uri=/; global_rules/g plugin=key-auth",
			steps: "expand: +global_rules/g |\nswitch: ~routes/a |",
		},
		{
			name:  "a service gives its authentication to a global rule",
			live:  "services/s plugin=key-auth; routes/a uri=/ service_id=s",
			want:  "services/s; routes/a uri=/ service_id=s; global_rules/g plugin=key-auth",
			steps: "expand: +global_rules/g |\nexpand: ~services/s |",
		},
		{
			name:  "a route gives its authentication up for another kind in a global rule",
			live:  "routes/a uri=/ plugin=key-auth",
			want:  "routes/a uri=/; global_rules/g plugin=basic-auth",
			steps: "expand: +global_rules/g |\nswitch: ~routes/a |",
		},
		{
			name: "routes swap their paths and give their authentication to a global rule",
			live: "routes/a uri=/x plugin=key-auth; routes/b uri=/y plugin=key-auth",
			want: "routes/a uri=/y; routes/b uri=/x; global_rules/g plugin=key-auth",
			steps: "expand: +global_rules/g |\n" +
				"expand: +routes/sluice-bridge-3e23e8160039594a +routes/sluice-bridge-ca978112ca1bbdca |\n" +
				"switch: ~routes/a ~routes/b |\n" +
				"contract: -routes/sluice-bridge-3e23e8160039594a -routes/sluice-bridge-ca978112ca1bbdca",
		},
		{
			name:  "a service switches its authentication off while its route takes it over",
			live:  "services/s plugin=key-auth; routes/a uri=/ service_id=s",
			want:  "services/s disabled=key-auth; routes/a uri=/ service_id=s plugin=key-auth",
			steps: "switch: ~routes/a |\nswitch: ~services/s |",
		},
		{
			name:  "a global rule gives its authentication to a route",
			live:  "routes/a uri=/; global_rules/g plugin=key-auth",
			want:  "routes/a uri=/ plugin=key-auth",
			steps: "switch: ~routes/a |\ncontract: -global_rules/g",
		},
		{
			name:  "a plugin moves between global rules",
			live:  "global_rules/a plugin=cors",
			want:  "global_rules/b plugin=cors",
			steps: "expand: -global_rules/a |\nswitch: +global_rules/b |",
		},
		{
			name:  "two credentials swap their keys",
			live:  "consumers/a; consumers/b; credentials/a/k key=one; credentials/b/k key=two",
			want:  "consumers/a; consumers/b; credentials/a/k key=two; credentials/b/k key=one",
			steps: "expand: -credentials/a/k -credentials/b/k\nexpand: +credentials/a/k +credentials/b/k |",
		},
		{
			name:  "two consumers swap their keys",
			live:  "consumers/a key=one; consumers/b key=two",
			want:  "consumers/a key=two; consumers/b key=one",
			steps: "expand: ~consumers/a ~consumers/b\nexpand: ~consumers/a ~consumers/b |",
		},
		{
			name:  "a key is handed down a row of credentials",
			live:  "consumers/a; consumers/b; credentials/a/k key=one; credentials/b/k key=two",
			want:  "consumers/a; consumers/b; credentials/a/k key=two; credentials/b/k key=three",
			steps: "expand: ~credentials/b/k\nexpand: ~credentials/a/k |",
		},
		{
			name:  "deletes go up",
			live:  "upstreams/u; services/s upstream_id=u; routes/r uri=/a service_id=s; consumers/c; credentials/c/k",
			steps: "contract: -routes/r |\ncontract: -upstreams/u -consumers/c -credentials/c/k -services/s",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			live := parse(t, tt.live)
			p := New(parse(t, tt.want), live, Policy{Empty: true, Inventory: live.Keys()})
			if diff := cmp.Diff(tt.steps, outline(p)); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

// parse reads "kind/id field=value field=value; …". Every resource that can carry the label does; a name is a list where the
// field's name ends in s, a number where it is one.
func parse(t *testing.T, text string) gateway.State {
	t.Helper()
	state := gateway.State{}
	for part := range strings.SplitSeq(text, ";") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		key, err := gateway.ParseKey(words[0])
		if err != nil {
			t.Fatal(err)
		}
		spec := map[string]any{}
		for _, word := range words[1:] {
			field, value, _ := strings.Cut(word, "=")
			set(spec, field, value)
		}
		if key.Kind.HasLabels() {
			spec["labels"] = map[string]any{gateway.ManagedBy: gateway.ManagedBySluice}
		}
		state[key] = gateway.Resource{Key: key, Spec: spec}
	}
	return state
}

func set(spec map[string]any, field, value string) {
	switch {
	case field == "plugin":
		spec["plugins"] = map[string]any{value: map[string]any{}}
	case field == "disabled":
		spec["plugins"] = map[string]any{value: map[string]any{"_meta": map[string]any{"disable": true}}}
	case field == "key":
		spec["plugins"] = map[string]any{"key-auth": map[string]any{"key": gateway.NewSecret("", value)}}
	case slices.Contains([]string{"hosts", "uris", "snis", "methods"}, field):
		list := []any{}
		for item := range strings.SplitSeq(value, ",") {
			list = append(list, item)
		}
		spec[field] = list
	case value != "" && value[0] >= '0' && value[0] <= '9':
		spec[field] = int64(value[0] - '0')
	default:
		spec[field] = value
	}
}

func TestABridgeThatWasLeftIsUsedAgainAndRemovedOnce(t *testing.T) {
	live := parse(t, "routes/a uri=/x; routes/b uri=/y; routes/sluice-bridge-3e23e8160039594a uri=/x")
	p := New(parse(t, "routes/a uri=/y; routes/b uri=/x"), live, Policy{})
	want := "expand: ~routes/sluice-bridge-3e23e8160039594a +routes/sluice-bridge-ca978112ca1bbdca |\n" +
		"switch: ~routes/a ~routes/b |\n" +
		"contract: -routes/sluice-bridge-3e23e8160039594a -routes/sluice-bridge-ca978112ca1bbdca"
	if diff := cmp.Diff(want, outline(p)); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestMovesNeedTheirBridges(t *testing.T) {
	p := New(parse(t, "routes/a uri=/y; routes/b uri=/x"), parse(t, "routes/a uri=/x; routes/b uri=/y"), Policy{})
	for _, change := range p.Changes() {
		if change.Op == Update && len(change.Needs) != 2 {
			t.Errorf("%s needs %v, want both bridges", change.Key, change.Needs)
		}
	}
}
