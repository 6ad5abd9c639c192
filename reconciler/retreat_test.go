package reconciler_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/reconciler"
)

func noDeletes(req *http.Request) (int, string) {
	if req.Method == http.MethodDelete {
		return http.StatusServiceUnavailable, "etcd is down"
	}
	return 0, ""
}

// TestANewerCommitTakesThePlaceOfARollbackThatIsTriedAgain keeps one of two groups from being rolled back.
func TestANewerCommitTakesThePlaceOfARollbackThatIsTriedAgain(t *testing.T) {
	r, _, good, bad := badSecondWave(t)
	r.faults["prod-eu"].set(noDeletes)
	r.settle()
	r.wantStates("test applied, uat applied, prod applying")
	r.faults["test"].set(down)
	r.write("-- base/bad.yaml --\n{}\n-- base/better.yaml --\nroutes:\n  better: {service_id: users, uri: /better}\n")
	better := r.commit("better")
	r.settle()
	if r.wantStates("test planning, uat queued, prod applying"); !strings.Contains(r.text("prod"), "retrying") {
		t.Errorf("a commit that can't be begun took the place of the rollback: %q", r.text("prod"))
	}
	r.faults["test"].set(nil)
	r.settle()
	r.wantStates("test applied, uat applied, prod planning")
	r.wantEnd("prod", bad, "failed probe users: 502; rolling back to "+good[:7]+": prod-eu: admin API unreachable; "+better[:7]+" takes its place")
	if r.has("prod-us", "routes/bad") || !r.has("prod-eu", "routes/bad") {
		t.Error("what was put back so far did not stay")
	}
	r.restart()
	r.settle()
	r.wantStates("test applied, uat applied, prod planning")
	r.faults["prod-eu"].set(nil)
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	for _, group := range []string{"prod-eu", "prod-us"} {
		if r.has(group, "routes/bad") || !r.has(group, "routes/better") {
			t.Errorf("%s is not at the newer commit", group)
		}
	}
}

// TestARollbackSaysWhichGroupsItLeaves has a commit that does not hold in a group that it has added.
func TestARollbackSaysWhichGroupsItLeaves(t *testing.T) {
	prod := func(groups string) string {
		return "-- environments/prod/environment.yaml --\nextends: [base]\nafter: [uat]\ngroups: [" + groups +
			"]\nvars: {domain: acme.example}\nrollout: {verify: {health: true}, onFailure: rollback}\n"
	}
	for _, test := range []struct{ name, more, state, text string }{
		{"nothing else was written", "", "prod failed", "probe users: 502, want 200; only prod-us has it, which it added and which keeps it"},
		{"another group goes back", "-- base/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n", "prod rolled-back", "; prod-us, which it added, keeps what it has"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, v := newRig(t), &verifier{}
			r.write(prod("prod-eu"))
			r.commit("one group")
			r.config.Verifier = v
			r.restart()
			r.settle()
			r.wantStates("test applied, uat applied, prod applied")
			v.fails("prod-us")
			r.write(prod("prod-eu, prod-us") + test.more)
			r.commit("two groups")
			r.settle()
			if states := r.states(); !strings.HasSuffix(states, test.state) || !strings.HasSuffix(r.text("prod"), test.text) {
				t.Errorf("%s: %q", states, r.text("prod"))
			}
			if r.has("prod-eu", "routes/more") {
				t.Error("what did not hold is still there")
			}
		})
	}
}

// TestACommitThatWasRolledBackStaysSo jumps over a commit on the way to one that does not hold.
func TestACommitThatWasRolledBackStaysSo(t *testing.T) {
	r, _, _, _ := badSecondWave(t)
	bad := r.commit("bad still")
	r.settle()
	r.writes()
	r.restart()
	for range 3 {
		r.settle()
	}
	r.wantStates("test applied, uat applied, prod rolled-back")
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("it was applied again: %v", writes)
	}
	for _, env := range reconciler.StatusFromJournal(r.config.Journal.View).Environments {
		if env.Name == "prod" && (env.State != "rolled-back" || env.Target != bad) {
			t.Errorf("the journal alone says %s of %s", env.State, env.Target)
		}
	}
}

// TestAnAppliedCommitIsNotRolledBackForTrouble refuses the key for a while, long after the commit was applied.
func TestAnAppliedCommitIsNotRolledBackForTrouble(t *testing.T) {
	r := newRig(t)
	r.verified(", onFailure: rollback")
	r.settle()
	r.faults["prod-us"].set(func(*http.Request) (int, string) {
		return http.StatusUnauthorized, `{"error_msg":"failed to check token"}`
	})
	entries := r.entries("prod", "")
	for range 2 {
		if pass := r.pass(); pass.Next == 0 {
			t.Error("nobody looks again until the drift interval")
		}
		r.wantStates("test applied, uat applied, prod planning")
		if text := r.text("prod"); !strings.Contains(text, "failed to check token") || !strings.HasSuffix(text, ", retrying") {
			t.Errorf("the status says %q", text)
		}
	}
	r.faults["prod-us"].set(nil)
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	if diff := cmp.Diff(entries, r.entries("prod", "")); diff != "" {
		t.Errorf("what the commit came to has changed (-before +after):\n%s", diff)
	}
}
