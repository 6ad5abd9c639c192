package reconciler_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// badSecondWave starts a rig in which the second wave of prod fails, with onFailure: rollback.
func badSecondWave(t *testing.T) (r *rig, v *verifier, good, bad string) {
	t.Helper()
	r = newRig(t)
	v = r.verified(", onFailure: rollback")
	r.settle()
	good = r.git("rev-parse", "HEAD")
	v.mu.Lock()
	v.answer = func(wave string) string {
		if wave == "prod-us" && r.has("prod-us", "routes/bad") {
			return "502"
		}
		return ""
	}
	v.mu.Unlock()
	bad = r.route("bad")
	r.applied()
	v.taken()
	return r, v, good, bad
}

func TestRollback(t *testing.T) {
	r, v, good, bad := badSecondWave(t)
	r.settle()
	check := func() {
		t.Helper()
		r.wantStates("test applied, uat applied, prod rolled-back")
		if want := "probe users: 502; prod runs " + good[:7] + " again"; r.text("prod") != want {
			t.Errorf("the status says %q, want %q", r.text("prod"), want)
		}
		if r.has("prod-eu", "routes/bad") || r.has("prod-us", "routes/bad") {
			t.Error("what did not hold is still there")
		}
		env, _ := r.Status().Environment("prod")
		if env.Applied != good || env.Groups[0].Applied != good || env.Groups[1].Applied != good {
			t.Errorf("what runs is not told: %+v", env)
		}
	}
	check()
	if diff := cmp.Diff([]string{"test", "uat", "prod-eu", "prod-us", "prod-us", "prod-eu"}, r.applied()); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"test", "prod-eu", "prod-us", "prod-eu+prod-us proven"}, v.taken()); diff != "" {
		t.Errorf("verified (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"applied prod-eu", "applied prod-us", "rolled-back"}, r.entries("prod", bad)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	if entry, _ := r.config.Journal.Last("prod", "prod-eu"); entry.Reason != "rollback" || entry.Commit != good || entry.Live != entry.Digest {
		t.Errorf("the journal has no rollback: %+v", entry)
	}
	r.writes()
	r.pass()
	r.restart()
	r.pass()
	check()
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("the environment does not hold: %v", writes)
	}
	r.git("revert", "--no-edit", "HEAD")
	r.settle()
	r.wantStates("test applied, uat applied, prod unchanged")
}

// TestWhatARollbackLeavesAloneRunsTheEarlierCommit: the commit had nothing for the first wave, which is said to run what the environment does.
func TestWhatARollbackLeavesAloneRunsTheEarlierCommit(t *testing.T) {
	r := newRig(t)
	v := r.verified(", onFailure: rollback")
	r.settle()
	good := r.git("rev-parse", "HEAD")
	v.mu.Lock()
	v.answer = func(string) string {
		if r.has("prod-us", "routes/bad") {
			return "502"
		}
		return ""
	}
	v.mu.Unlock()
	r.write("-- environments/prod/groups/prod-us/bad.yaml --\nroutes:\n  bad: {service_id: users, uri: /bad}\n")
	r.commit("bad for one group")
	for range 20 { // up to the end of the rollback, and no pass beyond
		if r.states() == "test unchanged, uat unchanged, prod rolled-back" {
			break
		}
		r.pass()
	}
	env, _ := r.Status().Environment("prod")
	if env.State != string(record.RolledBack) || env.Applied != good || env.Groups[0].Applied != good || env.Groups[1].Applied != good {
		t.Errorf("what runs is not told: %+v", env)
	}
}

func TestARollbackIsTriedAgainAndSurvivesARestart(t *testing.T) {
	r, _, good, bad := badSecondWave(t)
	r.faults["prod-eu"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodDelete {
			return http.StatusServiceUnavailable, "etcd is down"
		}
		return 0, ""
	})
	pass := r.settle()
	r.wantStates("test applied, uat applied, prod applying")
	if pass.Next == 0 || !strings.Contains(r.text("prod"), "502; rolling back: prod-eu: admin API unreachable, retrying") {
		t.Errorf("the trouble is not told, or not tried again: next %v, %q", pass.Next, r.text("prod"))
	}
	r.restart()
	r.settle()
	r.wantStates("test applied, uat applied, prod applying")
	r.faults["prod-eu"].set(nil)
	r.settle()
	r.wantStates("test applied, uat applied, prod rolled-back")
	if r.has("prod-eu", "routes/bad") {
		t.Error("what did not hold is still there")
	}
	if want := "probe users: 502; prod runs " + good[:7] + " again"; r.text("prod") != want {
		t.Errorf("the status says %q, want %q", r.text("prod"), want)
	}
	if diff := cmp.Diff([]string{"applied prod-eu", "applied prod-us", "rolled-back"}, r.entries("prod", bad)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
}

// TestARollbackIsSeen has a commit that changes nothing right after a rollback: it asks for what was rolled back once more.
func TestARollbackIsSeen(t *testing.T) {
	r := newRig(t)
	r.config.DriftInterval = time.Hour
	v := r.verified(", onFailure: rollback")
	r.settle()
	v.mu.Lock()
	bad := true
	v.answer = func(wave string) string {
		if bad && r.has("prod-us", "routes/bad") {
			return "502"
		}
		return ""
	}
	v.mu.Unlock()
	r.route("bad")
	r.settle()
	r.wantStates("test applied, uat applied, prod rolled-back")
	bad = false
	r.write("-- README.md --\nhello\n")
	r.commit("docs")
	r.settle()
	r.wantStates("test unchanged, uat unchanged, prod applied")
	if !r.has("prod-eu", "routes/bad") || !r.has("prod-us", "routes/bad") {
		t.Error("what was rolled back passes for what runs")
	}
}

// TestARollbackSurvivesAReload has another Reconciler over the journal that is open already.
func TestARollbackSurvivesAReload(t *testing.T) {
	r, _, good, bad := badSecondWave(t)
	r.faults["prod-eu"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodDelete {
			return http.StatusServiceUnavailable, "etcd is down"
		}
		return 0, ""
	})
	r.settle()
	var err error
	if r.Reconciler, err = reconciler.New(r.config); err != nil {
		t.Fatal(err)
	}
	r.settle()
	r.wantStates("test applied, uat applied, prod applying")
	r.faults["prod-eu"].set(nil)
	r.settle()
	r.wantStates("test applied, uat applied, prod rolled-back")
	if diff := cmp.Diff([]string{"applied prod-eu", "applied prod-us", "rolled-back"}, r.entries("prod", bad)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	if entry, _ := r.config.Journal.Last("prod", "prod-eu"); entry.Commit != good || entry.Reason != "rollback" {
		t.Errorf("the rollback was not carried on: %+v", entry)
	}
}

// TestAPauseStopsARollback has somebody with their hands on the gateways when a commit does not hold.
func TestAPauseStopsARollback(t *testing.T) {
	r, _, _, _ := badSecondWave(t)
	for r.states() != "test applied, uat applied, prod verifying" || !r.has("prod-us", "routes/bad") {
		if r.pass(); r.Settled(t.Context()) != nil {
			t.Fatal("not settled")
		}
	}
	if err := r.config.Journal.Pause(record.Pause{Environment: "prod", By: "ops", Until: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	r.settle()
	r.wantStates("test applied, uat applied, prod applying")
	if !strings.Contains(r.text("prod"), "; rolling back waits: paused (by ops)") || !r.has("prod-us", "routes/bad") {
		t.Errorf("%q", r.text("prod"))
	}
	if err := r.config.Journal.Resume("prod", "ops"); err != nil {
		t.Fatal(err)
	}
	r.settle()
	r.wantStates("test applied, uat applied, prod rolled-back")
}

func TestARefusedWriteRollsBack(t *testing.T) {
	r := newRig(t)
	r.verified(", onFailure: rollback")
	r.settle()
	r.route("bad")
	r.faults["prod-us"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodPut {
			return http.StatusBadRequest, `{"error_msg":"not today"}`
		}
		return 0, ""
	})
	r.settle()
	r.wantStates("test applied, uat applied, prod rolled-back")
	if !strings.Contains(r.text("prod"), "not today") || r.has("prod-eu", "routes/bad") {
		t.Errorf("%q, and prod-eu has the route: %v", r.text("prod"), r.has("prod-eu", "routes/bad"))
	}
}

func TestWithNothingVerifiedThereIsNothingToGoBackTo(t *testing.T) {
	r := newRig(t)
	v := r.verified(", onFailure: rollback")
	v.fails("prod-eu")
	r.settle()
	r.wantStates("test applied, uat applied, prod failed")
	if !strings.Contains(r.text("prod"), "nothing was verified before") || !r.has("prod-eu", "routes/users") {
		t.Errorf("%q", r.text("prod"))
	}
}

// TestGuardsDoNotStopARollback has a commit that brings more than the environment may ever delete at once.
func TestGuardsDoNotStopARollback(t *testing.T) {
	r := newRig(t)
	v := r.verified(", onFailure: rollback")
	r.write("-- environments/prod/environment.yaml --\nextends: [base]\nafter: [uat]\ngroups: [prod-eu, prod-us]\nvars: {domain: acme.example}\n" +
		"rollout: {verify: {health: true}, onFailure: rollback}\nguard: {maxDeletes: 0}\n")
	r.commit("guard")
	r.settle()
	v.mu.Lock()
	v.answer = func(wave string) string {
		if wave == "prod-eu" && r.has("prod-eu", "routes/bad") {
			return "502"
		}
		return ""
	}
	v.mu.Unlock()
	bad := r.route("bad")
	r.settle()
	r.wantStates("test applied, uat applied, prod rolled-back")
	if last, _ := r.config.Journal.Last("prod", ""); last.State != record.RolledBack || last.Commit != bad {
		t.Errorf("journal: %+v", last)
	}
	if r.has("prod-eu", "routes/bad") {
		t.Error("the guard stopped the rollback")
	}
}
