package policy_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/policy"
)

var newYear = time.Date(2027, 1, 1, 9, 0, 0, 0, time.UTC)

// state makes a state of one route, routes/r, written at base/r.yaml:2:3 with its uri in line 3.
func state(spec map[string]any) gateway.State {
	key := gateway.Key{Kind: gateway.Routes, ID: "r"}
	return gateway.State{key: {Key: key, Spec: spec, Origin: &gateway.Origin{
		Pos:    diag.Pos{File: "base/r.yaml", Line: 2, Col: 3},
		Fields: map[string]*gateway.Origin{"uri": {Pos: diag.Pos{File: "base/r.yaml", Line: 3, Col: 5}}, "labels": {}},
	}}}
}

// resources makes a state without places.
func resources(specs map[string]map[string]any) gateway.State {
	state := gateway.State{}
	for name, spec := range specs {
		key, err := gateway.ParseKey(name)
		if err != nil {
			panic(err)
		}
		state[key] = gateway.Resource{Key: key, Spec: spec}
	}
	return state
}

func load(t testing.TB, text string) policy.Set {
	t.Helper()
	set, faults := policy.Load(repo(text))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return set
}

func TestViolations(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"kept", "policies: {a: {assert: 'resource.uri == \"/x\"'}}", ""},
		{"broken", "policies: {a: {assert: 'false'}}", `
base/r.yaml:2:3: routes/r breaks the policy "a"
	the policy stands at policies/p.yaml:1:12
	hint: mend it, or add an exception with who and until to the policy`},
		{"with a field, a message and a hint", `
policies:
  a:
    description: not shown
    assert: resource.uri.startsWith("/v")
    field: uri
    message: |
      {{ key(resource) }} of {{ environment }}/{{ group }}
      has {{ resource.uri }}, {{ resource.methods }} {{ size(resource) }} {{ resource.?none }}
    hint: begin it with /v1
`, `
base/r.yaml:3:5: routes/r breaks the policy "a": routes/r of prod/prod-eu has /x, GET, HEAD 5
	the policy stands at policies/p.yaml:3:3
	hint: begin it with /v1`},
		{"only a warning", "policies: {a: {assert: 'false', severity: warn, description: Never}}", `
base/r.yaml:2:3: warning: routes/r breaks the policy "a": Never
	the policy stands at policies/p.yaml:1:12
	hint: mend it, or add an exception with who and until to the policy`},
		{"a field that is not there", "policies: {a: {assert: 'false', field: plugins.cors, hint: x}}", `
base/r.yaml:2:3: routes/r breaks the policy "a"
	the policy stands at policies/p.yaml:1:12
	hint: x`},
		{"a field that Sluice wrote", "policies: {a: {assert: 'false', field: labels, hint: x}}", `
base/r.yaml:2:3: routes/r breaks the policy "a"
	the policy stands at policies/p.yaml:1:12
	hint: x`},
		{"a message that fails", "policies: {a: {assert: 'false', hint: x, message: 'of {{ resource.owner }}'}}", `
base/r.yaml:2:3: routes/r breaks the policy "a": of (no such key: owner)
	the policy stands at policies/p.yaml:1:12
	hint: x`},
		{"fails at run time", "policies:\n  a:\n    severity: warn\n    assert: |\n      resource.plugins.cors == {}\n", `
policies/p.yaml:5:7: the policy "a" can't be decided for routes/r, which counts as broken: no such key: plugins
	the resource stands at base/r.yaml:2:3
	hint: plugins may be missing: ask has(….plugins) first, or write ….?plugins.orValue(…)`},
		{"when fails", "policies: {a: {match: {when: resource.on}, assert: 'true'}}", `
policies/p.yaml:1:30: the policy "a" can't be decided for routes/r, which counts as broken: no such key: on
	the resource stands at base/r.yaml:2:3
	hint: on may be missing: ask has(….on) first, or write ….?on.orValue(…)`},
		{"comes to no truth value", "policies: {a: {assert: resource.uri}}", `
policies/p.yaml:1:24: the policy "a" can't be decided for routes/r, which counts as broken: it comes to string, not to true or false
	the resource stands at base/r.yaml:2:3
	hint: check the types of what it compares; has() and ?. ask for what may be missing`},
		{"is not for it", "policies: {a: {assert: 'false', match: {kinds: [services]}}, b: {assert: 'false', match: {environments: [test]}}, " +
			"c: {assert: 'false', match: {groups: [test*]}}, d: {assert: 'false', match: {ids: ['s*']}}, " +
			"e: {assert: 'false', match: {labels: {team: pay*}}}, f: {assert: 'false', match: {when: 'kind == \"services\"'}}}", ""},
		{"is for it", "policies: {a: {assert: 'false', hint: x, match: {kinds: [services, routes], environments: [test, p*], groups: ['*-eu'], " +
			"ids: [r], labels: {team: '*'}, when: 'id == \"r\"'}}}", `
base/r.yaml:2:3: routes/r breaks the policy "a"
	the policy stands at policies/p.yaml:1:12
	hint: x`},
	}
	route := map[string]any{"uri": "/x", "methods": []any{"GET", "HEAD"}, "labels": map[string]any{"team": "shop"}, "priority": int64(3), "ratio": 0.5}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			faults := load(t, tt.in).Check("prod", "prod-eu", state(route), newYear)
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), faults.Error()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for _, fault := range faults {
				if fault.Code == "policy-error" && fault.Severity != diag.Error {
					t.Errorf("a policy that fails lets through: %v", fault)
				}
			}
		})
	}
}

func TestExceptions(t *testing.T) {
	const until = `
policies:
  a:
    assert: %s
    hint: x
    exceptions:
      - {resources: ["routes/r*"], environments: [prod], who: jane@acme.example, reason: old, until: 2027-01-31}
      - {resources: ["routes/*"], environments: [prod], who: joe@acme.example, until: 2026-06-30}
`
	day := func(y, m, d, h int) time.Time { return time.Date(y, time.Month(m), d, h, 59, 59, 0, time.UTC) }
	broken := "base/r.yaml:2:3: routes/r breaks the policy \"a\"\n\tthe policy stands at policies/p.yaml:3:3\n\t"
	ended := broken + "the exception of jane@acme.example ended on 2027-01-31: policies/p.yaml:7:9\n\thint: x"
	ending := "policies/p.yaml:7:9: warning: the exception of jane@acme.example from the policy \"a\" ends on 2027-01-31\n" +
		"\thint: mend what it is for, or agree on a later day"
	tests := []struct {
		name, environment, assert string
		now                       time.Time
		want                      string
	}{
		{"counts", "prod", "'false'", day(2027, 1, 1, 0), ""},
		{"counts for a policy that fails", "prod", "resource.none", day(2027, 1, 1, 0), ""},
		{"ends in a fortnight", "prod", "'false'", day(2027, 1, 18, 0), ending},
		{"on its last day", "prod", "'false'", day(2027, 1, 31, 23), ending},
		{"has ended", "prod", "'false'", day(2027, 2, 1, 0), ended},
		{"has ended, and nothing is broken", "prod", "'true'", day(2027, 2, 1, 0), ""},
		{"ends soon, and nothing is broken", "prod", "'true'", day(2027, 1, 30, 0), ""},
		{"is for another environment", "test", "'false'", day(2027, 1, 1, 0), broken + "hint: x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := load(t, fmt.Sprintf(until, tt.assert))
			faults := set.Check(tt.environment, "g", state(map[string]any{"uri": "/x"}), tt.now)
			if diff := cmp.Diff(tt.want, faults.Error()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestBrokenPolicyIsToldOnce holds that a policy which fails for every resource gives one fault.
func TestBrokenPolicyIsToldOnce(t *testing.T) {
	specs := map[string]map[string]any{}
	for i := range 50 {
		specs[fmt.Sprintf("routes/r%02d", i)] = map[string]any{"uri": "/x"}
	}
	faults := load(t, "policies: {a: {assert: resource.none == 1}}").Check("prod", "g", resources(specs), newYear)
	if len(faults) != 1 || !strings.Contains(faults[0].What, "for routes/r00 and 49 more, which") {
		t.Errorf("faults: %v", faults)
	}
}

// TestCostIsLimited holds that an expression which is too dear is given up and denies.
func TestCostIsLimited(t *testing.T) {
	for name, assert := range map[string]string{
		"steps": "state.routes.all(a, state.routes.all(b, state.routes.all(c, a + b + c != '')))",
		"texts": "[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, ['x'].map(x, x + x + x + x + x + x + x + x + x + x).all(c, c.replace('x', c).replace('x', c).replace('x', c).replace('x', c).size() > 0)))",
	} {
		t.Run(name, func(t *testing.T) {
			faults := load(t, "policies: {a: {assert: \""+assert+"\"}}").Check("prod", "g", routes(120), newYear)
			if len(faults) != 1 || faults[0].Code != "policy-error" || !strings.Contains(faults[0].What, "it costs too much") {
				t.Errorf("faults: %v", faults)
			}
		})
	}
}

func TestCheckIsDeterministic(t *testing.T) {
	specs := map[string]map[string]any{}
	for i := range 30 {
		specs[fmt.Sprintf("routes/r%02d", i)] = map[string]any{"plugins": map[string]any{"a": map[string]any{}, "b": map[string]any{}, "c": map[string]any{}, "d": map[string]any{}}}
	}
	set := load(t, `
policies:
  a: {assert: 'false', message: '{{ resource.plugins.map(p, p) }} {{ state.routes.map(r, r) }} {{ resource }} {{ plugins(resource).transformList(k, v, k) }}'}
  b: {assert: 'state.routes.all(r, state.routes[r][r])'}
  c: {assert: 'resource.plugins > resource.plugins'}
  d: {assert: 'resource.plugins.matches("x")'}
  e: {assert: 'resource.plugins.a + 1 == 2 && -resource.plugins == 1'}
`)
	var wait sync.WaitGroup
	want := set.Check("prod", "g", resources(specs), newYear).Error()
	for range 8 {
		wait.Go(func() {
			if diff := cmp.Diff(want, set.Check("prod", "g", resources(specs), newYear).Error()); diff != "" {
				t.Errorf("(-first +again)\n%s", diff)
			}
		})
	}
	wait.Wait()
	if !strings.Contains(want, "a, b, c, d") {
		t.Errorf("the fields are not in order:\n%.300s", want)
	}
}

func TestCheckNames(t *testing.T) {
	set := load(t, "policies: {a: {assert: 'true', match: {environments: [prd, 'p*'], groups: [prod-eu, prod-us]}}}")
	want := `policies/p.yaml:1:55: warning: the policy "a" is for the environment "prd", which does not exist
	hint: did you mean "prod"?
policies/p.yaml:1:85: warning: the policy "a" is for the gateway group "prod-us", which does not exist
	hint: did you mean "prod-eu"?`
	if diff := cmp.Diff(want, set.CheckNames([]string{"test", "prod"}, []string{"prod-eu"}).Error()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDuplicatesAcrossFiles(t *testing.T) {
	_, faults := policy.Load(fstest.MapFS{
		"policies/b.yaml": {Data: []byte("policies: {x: {assert: 'true'}}")},
		"policies/a.yaml": {Data: []byte("policies: {x: {assert: 'true'}}")},
	})
	want := "policies/b.yaml:1:12: the policy \"x\" exists already\n\tfirst set at policies/a.yaml:1:12\n\thint: rename one of the two"
	if diff := cmp.Diff(want, faults.Error()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
