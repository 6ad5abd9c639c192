package reconciler_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

var byHand = map[string]any{"uri": "/by-hand", "service_id": "users", "labels": map[string]any{"managed-by": "sluice"}}

func TestDriftIsHealed(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.put("prod-us", "routes/users", byHand)
	r.put("prod-us", "routes/stray", byHand)
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if r.has("prod-us", "routes/stray") {
		t.Error("what was added by hand under our label is still there")
	}
	entry, _ := r.config.Journal.Last("prod", "prod-us")
	if entry.Reason != "drift" || entry.Updated != 1 || entry.Deleted != 1 {
		t.Errorf("journal: %+v", entry)
	}
	if diff := cmp.Diff([]string{"applied prod-eu", "applied prod-us", "applied", "applied prod-us"}, r.entries("prod", r.Status().Head)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
}

func TestDriftIsReportedOnlyWhereTheEnvironmentSaysSo(t *testing.T) {
	r := newRig(t)
	r.write("-- environments/prod/environment.yaml --\nextends: [base]\nafter: [uat]\ngroups: [prod-eu, prod-us]\nvars: {domain: acme.example}\ndrift: report\n")
	r.commit("report drift")
	r.pass()
	r.put("prod-us", "routes/users", byHand)
	r.writes()
	r.pass()
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("drift that is only to be reported was written: %v", writes)
	}
	env, _ := r.Status().Environment("prod")
	if env.State != "applied" || env.Groups[1].Drift != 1 {
		t.Errorf("status %+v", env)
	}
}

// TestAWaitingEnvironmentIsHealedToWhatItRuns says that drift goes back to the applied commit, not to the newest one, which has
// not opened yet.
func TestAWaitingEnvironmentIsHealedToWhatItRuns(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.write("-- base/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n-- environments/uat/broken.yaml --\nroutes:\n  broken: {url: /x}\n")
	r.commit("more, and a fault in uat")
	r.pass()
	r.wantStates("test applied, uat failed, prod queued")
	r.put("prod-eu", "routes/users", byHand)
	r.put("uat", "routes/users", byHand)
	r.pass()
	r.wantStates("test applied, uat failed, prod queued")
	for _, group := range []string{"prod-eu", "uat"} {
		if r.has(group, "routes/more") {
			t.Errorf("%s got the commit that has not opened", group)
		}
		for key, resource := range r.live(group) {
			if key.String() == "routes/users" && resource.Spec["uri"] != "/users/*" {
				t.Errorf("%s was not healed: %v", group, resource.Spec)
			}
		}
	}
}

func TestUnownedResourcesAreLeftAlone(t *testing.T) {
	r := newRig(t)
	r.put("test", "routes/hand", map[string]any{"uri": "/hand", "upstream": map[string]any{"nodes": map[string]any{"127.0.0.1:1": int64(1)}}})
	r.put("test", "global_rules/hand", map[string]any{"plugins": map[string]any{"cors": map[string]any{}}})
	r.pass()
	r.write("-- base/users.yaml --\nupstreams:\n  users: {nodes: {\"127.0.0.1:1980\": 1}}\n")
	r.commit("remove most")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if !r.has("test", "routes/hand") || !r.has("test", "global_rules/hand") {
		t.Error("a resource that Sluice does not own is gone")
	}
	if r.has("test", "global_rules/ids") {
		t.Error("the global rule that Sluice made is still there")
	}
}

// TestALabelThatWasTakenAwayIsPutBack says that an edit by hand, which most often carries no label, is drift and no take-over.
func TestALabelThatWasTakenAwayIsPutBack(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.put("test", "routes/users", map[string]any{"uri": "/by-hand", "service_id": "users"})
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	for key, resource := range r.live("test") {
		if key.String() == "routes/users" && (resource.Spec["uri"] != "/users/*" || !resource.Labelled()) {
			t.Errorf("live: %v", resource.Spec)
		}
	}
}

// TestAHealAfterARestartIsNoCommitOnItsWay says that the status of a commit which was applied before stays final while drift is healed.
func TestAHealAfterARestartIsNoCommitOnItsWay(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.put("test", "routes/users", byHand)
	r.restart()
	status, err := r.Apply(t.Context(), "test")
	if err != nil || status.State != "applied" {
		t.Errorf("status %+v, error %v", status, err)
	}
}
