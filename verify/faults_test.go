package verify_test

import (
	"net/netip"
	"net/url"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/verify"
)

// only allows the hosts of the list.
type only []string

func (o only) Allows(u *url.URL) bool {
	for _, host := range o {
		if u.Host == host {
			return true
		}
	}
	return false
}

func (o only) Names(netip.Addr) bool { return false }

// TestFaults holds what is found before anything is written, and which of it without the daemon's file.
func TestFaults(t *testing.T) {
	const at = "environments/prod/environment.yaml"
	tests := []struct{ name, rules, want, offline string }{
		{"nothing is wrong", "health: true\nprobes: [{name: a, url: '${vars.site}/x', expect: {json: [{path: 'a.b[0]', equals: ok}]}}]", "", ""},
		{"not allowed", "probes:\n  - {name: a, url: 'http://prod.acme.example/'}\n  - {name: b, url: 'https://evil.example/x?token=abc'}",
			at + `:7:9: probe b: the daemon's file does not let probes go to https://evil.example/x
	hint: who runs the daemon can add it there: allow: {probes: ["https://evil.example"]}`, ""},
		{"not allowed in one group", "probes:\n  - {name: a, url: 'http://${vars.region}.acme.example/'}",
			at + `:6:9: probe a: the daemon's file does not let probes go to http://in-eu.acme.example/
	hint: who runs the daemon can add it there: allow: {probes: ["http://in-eu.acme.example"]}
` + at + `:6:9: probe a: the daemon's file does not let probes go to http://in-us.acme.example/
	hint: who runs the daemon can add it there: allow: {probes: ["http://in-us.acme.example"]}`, ""},
		{"a variable that is none", "probes:\n  - {name: a, url: 'http://${vars.domian}/'}",
			at + `:6:9: there is no variable "domian" in prod
	hint: did you mean "domain"?`, "same"},
		{"a secret in the address", "probes:\n  - {name: a, url: 'http://prod.acme.example/?t=${secret(token)}'}",
			at + `:6:9: probe a: its url can't hold a run-time value or anything encrypted
	hint: put it into a header or the body, which nobody gets to see`, "same"},
		{"a secret that is not there", "probes:\n  - {name: a, url: 'http://prod.acme.example/', headers: {x: '${secret(other)}'}}",
			at + `:6:9: ${secret(other)}: secret "other": file does not exist
	hint: check the name, and what the daemon's file allows under allow`, ""},
		{"nobody knows secrets", "probes:\n  - {name: a, url: 'http://prod.acme.example/', headers: {x: 'y ${secret(token)}'}}",
			at + `:6:9: probe a: its header x is not known here
	hint: check what the daemon's file allows, and which keys it has`, ""},
		{"no address", "probes:\n  - {name: a, url: '${vars.domain}/x'}",
			at + `:6:9: probe a: its url is no address
	hint: write url: https://HOST/PATH`, "same"},
		{"a password", "probes:\n  - {name: a, url: 'http://${vars.domain}@prod.acme.example/'}",
			at + `:6:9: probe a: its url must not hold a user or a password
	hint: write headers: {Authorization: "Basic ${secret(NAME)}"}`, "same"},
		{"no expression", "probes:\n  - {name: a, url: '${vars.site}', expect: {body: 'x${vars.bad}'}}",
			at + `:6:9: probe a: expect.body is no regular expression
	hint: write it as Go does: https://pkg.go.dev/regexp/syntax`, "same"},
		{"no method", "probes:\n  - {name: a, url: '${vars.site}', method: 'A${vars.bad}'}",
			at + `:6:9: probe a: "A(" is no method
	hint: write a method as GET or POST`, "same"},
		{"health is not known", "health: true", at + `:4:3: health of dark is not known: none of its instances can be asked
	hint: give its instances a statusURL in the daemon's file, or leave health out and probe it`, ""},
		{"no metrics for a canary", "soak: 1m\ncanary: [{service: users, steps: [5], every: 1m, metrics: [{name: own, query: x, max: 1}]}]", at + `:6:62: metric own: the daemon's file names no Prometheus to ask
	hint: who runs the daemon can set prometheus: {url: http://HOST:9090} there`, ""},
		{"no metrics", "metrics:\n  - {name: 5xx, query: x, max: 1}", at + `:6:9: metric 5xx: the daemon's file names no Prometheus to ask
	hint: who runs the daemon can set prometheus: {url: http://HOST:9090} there`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				world := newWorld()
				config := world.config()
				config.Probes = only{"prod.acme.example", "prod.acme.example:80"}
				groups := []string{"eu", "us"}
				switch test.name {
				case "no metrics", "no metrics for a canary":
					config.Prometheus = nil
				case "nobody knows secrets":
					config.Values = nil
				case "health is not known":
					groups = []string{"eu", "dark"}
				}
				if test.offline == "same" {
					test.offline = test.want
				}
				wave := waveOf(t, test.rules, groups...)
				for what, pair := range map[string]struct {
					got  diag.List
					want string
				}{"faults": {verify.New(config).Faults(wave), test.want}, "offline": {verify.Syntax(wave), test.offline}} {
					if diff := cmp.Diff(pair.want, pair.got.Error()); diff != "" {
						t.Errorf("%s (-want +got):\n%s", what, diff)
					}
				}
				if world.count() > 0 {
					t.Errorf("asked before anything was written: %v", world.asked)
				}
			})
		})
	}
}

// TestOnceForTheWaveOrForEachGroup holds which probes and metrics are made once: those that are the same everywhere.
func TestOnceForTheWaveOrForEachGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld()
		for _, host := range []string{"prod.acme.example", "eu", "us", "in-eu", "in-us"} {
			world.always(host, 200, "")
		}
		world.always("prometheus:9090", 200, sample("1"))
		wave := waveOf(t, `probes:
  - {name: all, url: '${vars.site}/', headers: {x: '${secret(token)}'}}
  - {name: named, url: 'http://${group}/'}
  - {name: differs, url: 'http://${vars.region}/'}
metrics:
  - {name: rps, query: 'rate{env="${environment}"}', min: 1}
  - {name: own, query: 'rate{group="${group}"}', min: 1}`, "eu", "us")
		report := verify.New(world.config()).Verify(t.Context(), wave, nil)
		want := `ok probe all [] 200 in 0s
ok probe named [eu] 200 in 0s
ok probe named [us] 200 in 0s
ok probe differs [eu] 200 in 0s
ok probe differs [us] 200 in 0s
ok metric rps [] 1, at least 1
ok metric own [eu] 1, at least 1
ok metric own [us] 1, at least 1
`
		if diff := cmp.Diff(want, outline(report)); diff != "" {
			t.Errorf("report (-want +got):\n%s", diff)
		}
		if got := world.count(); got != 8 {
			t.Errorf("%d requests, want 8: %v", got, world.asked)
		}
	})
}
