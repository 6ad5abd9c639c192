package reconciler_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

func TestACommitGoesThroughStagesAndWaves(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if diff := cmp.Diff([]string{"test", "uat", "prod-eu", "prod-us"}, r.applied()); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	for group := range r.gateways {
		if !r.has(group, "routes/users") || !r.has(group, "global_rules/ids") {
			t.Errorf("%s does not hold the route and the rule", group)
		}
	}
	if diff := cmp.Diff([]string{"applied prod-eu", "applied prod-us", "applied"}, r.entries("prod", r.Status().Head)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
}

func TestASecondPassWritesNothing(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.writes()
	lines := len(r.entries("prod", ""))
	r.pass()
	r.restart()
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("a pass with nothing to do wrote %v", writes)
	}
	if env, _ := r.Status().Environment("prod"); env.Text != "8 created, 0 updated, 0 deleted on 2 groups" {
		t.Errorf("the status no longer says what was done: %q", env.Text)
	}
	if now := len(r.entries("prod", "")); now != lines {
		t.Errorf("the journal grew from %d to %d entries", lines, now)
	}
}

func TestACommitThatChangesNothingIsUnchanged(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.write("-- README.md --\nhello\n")
	commit := r.commit("docs")
	r.pass()
	r.wantStates("test unchanged, uat unchanged, prod unchanged")
	if env, _ := r.Status().Environment("prod"); env.Applied != commit || env.Groups[0].Applied != commit {
		t.Errorf("prod runs %s, want %s: %+v", env.Applied, commit, env)
	}
	if diff := cmp.Diff([]string{"unchanged"}, r.entries("prod", commit)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
}

func TestAFaultStopsItsEnvironmentAndThoseAfterItButNoSibling(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.write(`
-- environments/staging/environment.yaml --
extends: [base]
groups: [staging]
vars: {domain: staging.acme.example}
-- environments/uat/broken.yaml --
routes:
  broken: {url: /x}
`)
	r.addGroup("staging", "staging")
	r.restart()
	commit := r.commit("break uat")
	r.pass()
	r.wantStates("staging applied, test unchanged, uat failed, prod queued")
	env, _ := r.Status().Environment("uat")
	if !strings.Contains(env.Text, "environments/uat/broken.yaml:2:") {
		t.Errorf("the fault names no place: %q", env.Text)
	}
	if env.Target != commit || env.Applied == commit || env.Applied == "" {
		t.Errorf("uat aims at %s and runs %s", env.Target, env.Applied)
	}
	if r.has("uat", "routes/broken") {
		t.Error("the faulty commit reached the gateway")
	}
}

func TestAGuardHoldsAndATrailerAllows(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.write("-- environments/test/environment.yaml --\nextends: [base]\ngroups: [test]\nvars: {domain: test.acme.example}\nguard: {protect: [\"global_rules/*\"]}\n")
	r.commit("protect")
	r.pass()
	r.write("-- base/users.yaml --\nupstreams:\n  users: {nodes: {\"127.0.0.1:1980\": 1}}\n")
	held := r.commit("remove most")
	r.writes()
	r.pass()
	r.wantStates("test held, uat queued, prod queued")
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("a held commit wrote %v", writes)
	}
	if diff := cmp.Diff([]string{"held"}, r.entries("test", held)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	entry, _ := r.config.Journal.Last("test", "")
	_, trailer, found := strings.Cut(entry.Error, "to allow it: ")
	if !found {
		t.Fatalf("the entry does not say how to allow it: %q", entry.Error)
	}
	r.commit("Allow it\n\n" + trailer)
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if r.has("test", "routes/users") || r.has("test", "global_rules/ids") {
		t.Error("what was allowed was not done")
	}
	if diff := cmp.Diff([]string{"superseded", "superseded"}, r.entries("uat", held)); diff != "" {
		t.Errorf("the commit that waited has no end (-want +got):\n%s", diff)
	}
}

func TestRevertRestores(t *testing.T) {
	r := newRig(t)
	first := r.git("rev-parse", "HEAD")
	r.pass()
	before := r.live("prod-eu").Digest()
	r.write("-- base/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\nglobal_rules:\n  cors: {plugins: {cors: {}}}\n")
	r.commit("more")
	r.pass()
	if !r.has("prod-eu", "routes/more") {
		t.Fatal("the change is not live")
	}
	r.git("revert", "--no-edit", "HEAD")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if after := r.live("prod-eu").Digest(); after != before {
		t.Errorf("live has digest %s after the revert, and had %s before", after, before)
	}
	entry, _ := r.config.Journal.Last("prod", "prod-eu")
	if entry.Restores != first || entry.Live != entry.Digest || entry.Live == "" {
		t.Errorf("the journal proves no restore of %s: %+v", first, entry)
	}
}

func TestJumpedCommitsAreCarried(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.write("-- base/one.yaml --\nroutes:\n  one: {service_id: users, uri: /one}\n")
	one := r.commit("one")
	r.write("-- base/two.yaml --\nroutes:\n  two: {service_id: users, uri: /two}\n")
	two := r.commit("two")
	r.pass()
	entries, err := r.config.Journal.Entries(record.Filter{Environment: "prod", Commit: one})
	if err != nil || len(entries) == 0 || entries[0].State != record.Superseded || entries[0].CarriedBy != two || entries[0].Outcome != record.Applied {
		t.Errorf("the commit that was jumped over: %v, %+v", err, entries)
	}
}

func TestTheNewestCommitWinsBetweenStages(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.write("-- base/one.yaml --\nroutes:\n  one: {service_id: users, uri: /one}\n")
	one := r.commit("one")
	var two string
	r.faults["test"].set(func(req *http.Request) (int, string) {
		if two == "" && req.Method == http.MethodPut { // test is being written when the next commit comes
			r.write("-- base/two.yaml --\nroutes:\n  two: {service_id: users, uri: /two}\n")
			two = r.commit("two")
		}
		return 0, ""
	})
	if pass := r.pass(); pass.Next == 0 {
		t.Error("the pass does not ask for another one")
	}
	r.wantStates("test applied, uat queued, prod queued")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if diff := cmp.Diff([]string{"superseded", "superseded"}, r.entries("uat", one)); diff != "" {
		t.Errorf("journal of uat for the first commit (-want +got):\n%s", diff)
	}
	if r.Status().Head != two {
		t.Errorf("head %s, want %s", r.Status().Head, two)
	}
}

// TestStatusBeforeTheFirstPass holds that readers find an empty list, not null, before the config repo was read.
func TestStatusBeforeTheFirstPass(t *testing.T) {
	r := newRig(t)
	if status := r.Status(); status.Environments == nil || len(status.Environments) != 0 {
		t.Errorf("got %#v, want an empty list", status.Environments)
	}
}

// TestAHeldCommitDoesNotSlipPastItsGuard loses live resources while a commit is held: fewer deletes would be left than the guard
// counted.
func TestAHeldCommitDoesNotSlipPastItsGuard(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprint("restart=", restart), func(t *testing.T) {
			r := newRig(t)
			var many strings.Builder
			for i := range 12 {
				fmt.Fprintf(&many, "  u%d: {nodes: {\"127.0.0.1:1980\": 1}}\n", i)
			}
			r.write("-- base/many.yaml --\nupstreams:\n" + many.String())
			r.commit("many")
			r.pass()
			r.write("-- base/many.yaml --\nupstreams:\n  u0: {nodes: {\"127.0.0.1:1980\": 1}}\n")
			r.commit("few")
			r.pass()
			r.wantStates("test held, uat queued, prod queued")
			for i := range 12 {
				if err := r.clients["test"].Delete(t.Context(), gateway.Key{Kind: gateway.Upstreams, ID: fmt.Sprint("u", i)}); err != nil {
					t.Fatal(err)
				}
			}
			if restart {
				r.restart()
			}
			r.pass()
			r.wantStates("test held, uat queued, prod queued")
			if !r.has("test", "upstreams/u11") {
				t.Error("what was lost was not healed to the commit that runs")
			}
		})
	}
}
