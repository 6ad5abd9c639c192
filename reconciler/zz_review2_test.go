package reconciler_test

import (
	"net/http"
	"testing"
	"time"
)

// R11: a commit that is half proven passes a freeze when the unproven group can't be read.
func TestReviewR11(t *testing.T) {
	r, c := newRig(t), &clock{at: monday}
	r.windowed(c, ", freeze: {reason: year-end close, from: 2026-12-20, until: 2027-01-04}")
	r.settle()
	r.write("-- environments/prod/groups/prod-eu/eu.yaml --\nroutes:\n  eu: {service_id: users, uri: /eu}\n")
	r.commit("eu has more")
	r.settle()
	r.wantStates("test unchanged, uat unchanged, prod applied")
	c.at = time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)
	// eu goes back (proven), us gets something new (not proven)
	r.write("-- environments/prod/groups/prod-eu/eu.yaml --\n{}\n-- environments/prod/groups/prod-us/us.yaml --\nroutes:\n  us: {service_id: users, uri: /us}\n")
	r.commit("half a revert")
	r.faults["prod-us"].set(func(req *http.Request) (int, string) { return 503, "down" })
	r.pass()
	t.Logf("%s %q", r.states(), r.text("prod"))
	r.faults["prod-us"].set(nil)
	for range 3 {
		r.settle()
	}
	t.Logf("%s %q", r.states(), r.text("prod"))
	if r.has("prod-us", "routes/us") {
		t.Error("new content was written in a freeze")
	}
}

// R12: the groups that a commit brings to the environment are not put back by a rollback, which says that all is as before.
func TestReviewR12(t *testing.T) {
	r := newRig(t)
	r.write("-- environments/prod/environment.yaml --\nextends: [base]\nafter: [uat]\ngroups: [prod-eu]\nvars: {domain: acme.example}\nrollout: {verify: {health: true}, onFailure: rollback}\n")
	r.commit("one group")
	v := &verifier{}
	r.config.Verifier = v
	r.restart()
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	v.fails("prod-us")
	r.write("-- environments/prod/environment.yaml --\nextends: [base]\nafter: [uat]\ngroups: [prod-eu, prod-us]\nvars: {domain: acme.example}\nrollout: {verify: {health: true}, onFailure: rollback}\n")
	r.commit("two groups")
	r.settle()
	t.Logf("%s %q; us has users: %v; %+v", r.states(), r.text("prod"), r.has("prod-us", "routes/users"), r.Status().Environments[2].Groups)
}

// R13: what failed in a group that is then taken out counts as verified.
func TestReviewR13(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	r.settle()
	v.fails("prod-us")
	r.route("bad")
	r.settle()
	bad, _ := r.config.Journal.LastApplied("prod", "prod-us")
	t.Logf("%s %s", r.states(), bad.Digest[:7])
	v.fails()
	r.write("-- environments/prod/environment.yaml --\nextends: [base]\nafter: [uat]\ngroups: [prod-eu]\nvars: {domain: acme.example}\nrollout: {verify: {health: true}}\n")
	r.commit("without us")
	r.settle()
	t.Log(r.states())
	if e, ok := r.config.Journal.Verified("prod", "prod-us", bad.Digest); ok {
		t.Errorf("what failed counts as verified: %s %s", e.State, e.Commit[:7])
	}
}

// R14: pulse says that a group lost what a commit deleted.
func TestReviewR14(t *testing.T) {
	r := newRig(t)
	r.config.DriftInterval, r.config.Pulse = time.Hour, 5*time.Millisecond
	r.route("gone")
	logs := r.logged()
	go func() { _ = r.Run(t.Context(), nil) }()
	r.wantState("prod applied")
	_ = logs
}
