package plan

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
)

// shape writes a plan as outline does, with the hashes of temporary ids left out and the references of updates shown.
func shape(p Plan) string {
	var lines []string
	for _, step := range p.Steps {
		var names []string
		for _, c := range step.Changes {
			name := signs[c.Op] + short16(c.Key.String())
			if c.Op == Update {
				for _, field := range []string{"service_id", "upstream_id", "plugin_config_id", "group_id"} {
					if id, ok := c.New.Spec[field].(string); ok {
						name += ">" + short16(id)
					}
				}
			}
			names = append(names, name)
		}
		lines = append(lines, string(step.Phase)+": "+strings.Join(names, " "))
	}
	return strings.Join(lines, "\n")
}

func short16(id string) string {
	if at := strings.Index(id, "sluice-"); at >= 0 {
		return id[:len(id)-16]
	}
	return id
}

func TestDetours(t *testing.T) {
	tests := []struct{ name, live, want, steps string }{
		{
			name:  "what it leaves for does not change, so it leaves first",
			live:  "upstreams/a retries=1; upstreams/b; routes/r uri=/x upstream_id=a",
			want:  "upstreams/a retries=2; upstreams/b; routes/r uri=/x upstream_id=b",
			steps: "switch: ~routes/r>b\nswitch: ~upstreams/a",
		},
		{
			name: "both change, so it goes by a copy",
			live: "upstreams/a retries=1; upstreams/b retries=3; routes/r uri=/x upstream_id=a",
			want: "upstreams/a retries=2; upstreams/b retries=4; routes/r uri=/x upstream_id=b",
			steps: "expand: +upstreams/sluice-detour-\nexpand: ~routes/r>sluice-detour-\nexpand: ~upstreams/a ~upstreams/b\n" +
				"switch: ~routes/r>b\ncontract: -upstreams/sluice-detour-",
		},
		{
			name: "two routes swap upstreams that change",
			live: "upstreams/a retries=1; upstreams/b retries=3; routes/r uri=/x upstream_id=a; routes/s uri=/y upstream_id=b",
			want: "upstreams/a retries=2; upstreams/b retries=4; routes/r uri=/x upstream_id=b; routes/s uri=/y upstream_id=a",
			steps: "expand: +upstreams/sluice-detour- +upstreams/sluice-detour-\n" +
				"expand: ~routes/r>sluice-detour- ~routes/s>sluice-detour-\nexpand: ~upstreams/a ~upstreams/b\n" +
				"switch: ~routes/r>b ~routes/s>a\ncontract: -upstreams/sluice-detour- -upstreams/sluice-detour-",
		},
		{
			name: "a service leaves an upstream that changes, and its routes stay",
			live: "upstreams/a retries=1; upstreams/b retries=3; services/s upstream_id=a; routes/r uri=/x service_id=s",
			want: "upstreams/a retries=2; upstreams/b retries=4; services/s upstream_id=b; routes/r uri=/x service_id=s",
			steps: "expand: +upstreams/sluice-detour-\nexpand: ~services/s>sluice-detour-\nexpand: ~upstreams/a ~upstreams/b\n" +
				"expand: ~services/s>b\ncontract: -upstreams/sluice-detour-",
		},
		{
			name:  "a service joins an upstream that changes, after it",
			live:  "upstreams/a; upstreams/b retries=1; services/s upstream_id=a; routes/r uri=/x service_id=s",
			want:  "upstreams/a; upstreams/b retries=2; services/s upstream_id=b; routes/r uri=/x service_id=s",
			steps: "expand: ~upstreams/b\nexpand: ~services/s>b",
		},
		{
			name:  "a public route leaves a service that begins to ask for a key",
			live:  "services/s; services/p; routes/r uri=/x service_id=s",
			want:  "services/s plugin=key-auth; services/p; routes/r uri=/x service_id=p",
			steps: "switch: ~routes/r>p\nswitch: ~services/s",
		},
		{
			name:  "a public route joins a service that no longer asks for a key",
			live:  "services/s plugin=key-auth; services/p; routes/r uri=/x service_id=p",
			want:  "services/s; services/p; routes/r uri=/x service_id=s",
			steps: "expand: ~services/s\nswitch: ~routes/r>s",
		},
		{
			name: "a consumer leaves a group that changes for one that changes",
			live: "consumer_groups/g plugin=cors; consumer_groups/h plugin=gzip; consumers/c group_id=g",
			want: "consumer_groups/g plugin=csrf; consumer_groups/h plugin=echo; consumers/c group_id=h",
			steps: "expand: +consumer_groups/sluice-detour-\nexpand: ~consumers/c>sluice-detour-\n" +
				"expand: ~consumer_groups/g ~consumer_groups/h\nexpand: ~consumers/c>h\ncontract: -consumer_groups/sluice-detour-",
		},
		{
			name:  "a route that is switched off needs nothing",
			live:  "upstreams/a retries=1; upstreams/b retries=3; routes/r uri=/x upstream_id=a status=0",
			want:  "upstreams/a retries=2; upstreams/b retries=4; routes/r uri=/x upstream_id=b status=0",
			steps: "expand: ~upstreams/a ~upstreams/b\nswitch: ~routes/r>b",
		},
		{
			name:  "authentication waits for the credentials",
			live:  "services/s; routes/r uri=/x service_id=s",
			want:  "services/s plugin=key-auth; routes/r uri=/x service_id=s; consumers/c; credentials/c/k key=one",
			steps: "expand: +consumers/c +credentials/c/k\nexpand: ~services/s",
		},
		{
			name:  "authentication waits for the credentials, in a plugin config too",
			live:  "plugin_configs/p; routes/r uri=/x plugin_config_id=p; consumers/c",
			want:  "plugin_configs/p plugin=key-auth; routes/r uri=/x plugin_config_id=p; consumers/c key=one",
			steps: "expand: ~consumers/c\nexpand: ~plugin_configs/p",
		},
		{
			name:  "a global rule goes before the consumers that it lets in",
			live:  "global_rules/g plugin=key-auth; consumers/c; credentials/c/k key=one; routes/r uri=/",
			want:  "routes/r uri=/",
			steps: "contract: -global_rules/g\ncontract: -consumers/c -credentials/c/k",
		},
		{
			name:  "a certificate takes a name over from another one",
			live:  "ssls/a snis=a.test; ssls/b snis=b.test",
			want:  "ssls/a snis=b.test; ssls/b snis=a.test",
			steps: "expand: +ssls/sluice-detour- +ssls/sluice-detour-\nexpand: ~ssls/a ~ssls/b\ncontract: -ssls/sluice-detour- -ssls/sluice-detour-",
		},
		{
			name:  "a certificate gives a name up to a new one",
			live:  "ssls/a snis=a.test,b.test",
			want:  "ssls/a snis=a.test; ssls/b snis=b.test",
			steps: "expand: +ssls/b\nexpand: ~ssls/a",
		},
		{
			name:  "a certificate is switched off for one that is switched on",
			live:  "ssls/a snis=a.test; ssls/b snis=a.test status=0",
			want:  "ssls/a snis=a.test status=0; ssls/b snis=a.test",
			steps: "expand: +ssls/sluice-detour-\nexpand: ~ssls/a ~ssls/b\ncontract: -ssls/sluice-detour-",
		},
		{
			name:  "a name leaves a wildcard",
			live:  "ssls/a snis=*.a.test,b.test; ssls/b snis=c.test",
			want:  "ssls/a snis=b.test; ssls/b snis=x.a.test,c.test",
			steps: "expand: +ssls/sluice-detour-\nexpand: ~ssls/a ~ssls/b\ncontract: -ssls/sluice-detour-",
		},
		{
			name:  "a name goes to a wildcard",
			live:  "ssls/a snis=b.test; ssls/b snis=x.a.test,c.test",
			want:  "ssls/a snis=*.a.test,b.test; ssls/b snis=c.test",
			steps: "expand: +ssls/sluice-detour-\nexpand: ~ssls/a ~ssls/b\ncontract: -ssls/sluice-detour-",
		},
		{
			name:  "a wildcard keeps serving the name that leaves it",
			live:  "ssls/a snis=*.a.test,b.test; ssls/b snis=c.test",
			want:  "ssls/a snis=*.a.test; ssls/b snis=x.a.test,c.test",
			steps: "expand: ~ssls/a ~ssls/b",
		},
		{
			name:  "a certificate has another id",
			live:  "ssls/a snis=a.test",
			want:  "ssls/b snis=a.test",
			steps: "expand: +ssls/b\ncontract: -ssls/a",
		},
		{
			name: "a new route takes requests from one whose service changes",
			live: "services/s retries=1 plugin=cors; services/t; routes/r uri=/* service_id=s",
			want: "services/s retries=1 plugin=echo; services/t; routes/r uri=/* service_id=s; routes/api uri=/api/* service_id=t",
			steps: "expand: +routes/sluice-bridge-\nexpand: ~services/s\nswitch: +routes/api\n" +
				"contract: -routes/sluice-bridge-",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			live := parse(t, tt.live)
			p := New(parse(t, tt.want), live, Policy{Inventory: live.Keys()})
			if diff := cmp.Diff(tt.steps, shape(p)); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			for _, c := range p.Changes() {
				if strings.Contains(c.Key.ID, "sluice-") && c.Why == "" {
					t.Errorf("%s does not say what it is for", c.Key)
				}
			}
		})
	}
}

// TestACopyThatWasLeftIsUsedAgainAndRemovedOnce says that a pass that was cut off finds its copy again.
func TestACopyThatWasLeftIsUsedAgainAndRemovedOnce(t *testing.T) {
	live := parse(t, "upstreams/a retries=1; upstreams/b retries=3; routes/r uri=/x upstream_id=a")
	want := parse(t, "upstreams/a retries=2; upstreams/b retries=4; routes/r uri=/x upstream_id=b")
	left := maps.Clone(live)
	for _, step := range New(want, live, Policy{}).Steps[:1] {
		for _, c := range step.Changes {
			left[c.Key] = *c.New
		}
	}
	steps := "expand: ~routes/r>sluice-detour-\nexpand: ~upstreams/a ~upstreams/b\nswitch: ~routes/r>b\ncontract: -upstreams/sluice-detour-"
	if diff := cmp.Diff(steps, shape(New(want, left, Policy{}))); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

// TestTheCAOfClientsIsWidenedFirst says that clients of the old CA are let in until those of the new one are everywhere.
func TestTheCAOfClientsIsWidenedFirst(t *testing.T) {
	pem := func(name string) string {
		return "-----BEGIN CERTIFICATE-----\n" + name + "\n-----END CERTIFICATE-----\n"
	}
	ssl := func(ca string) gateway.State {
		state := parse(t, "ssls/s sni=a.test")
		state[gateway.Key{Kind: gateway.SSLs, ID: "s"}].Spec["client"] = map[string]any{"ca": ca}
		return state
	}
	changes := New(ssl(pem("new")), ssl(pem("old")), Policy{}).Changes()
	if len(changes) != 2 {
		t.Fatalf("%d changes, want a wide and a narrow one", len(changes))
	}
	for i, want := range []string{pem("old") + pem("new"), pem("new")} {
		if got := changes[i].New.Spec["client"].(map[string]any)["ca"]; got != want || changes[i].Why == "" {
			t.Errorf("part %d trusts %q, want %q; it says %q", i, got, want, changes[i].Why)
		}
	}
	for name, pair := range map[string][2]string{
		"narrowed by hand": {pem("old") + pem("new"), pem("new")}, "widened by hand": {pem("old"), pem("old") + pem("new")},
		"no text of its own": {"$secret://vault/1/ca", pem("new")},
	} {
		if p := New(ssl(pair[1]), ssl(pair[0]), Policy{}); len(p.Changes()) != 1 {
			t.Errorf("%s: %s", name, outline(p))
		}
	}
}
