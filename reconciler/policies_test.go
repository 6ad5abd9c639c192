package reconciler_test

import (
	"strings"
	"testing"
	"time"
)

const ownerPolicy = `
-- policies/owners.yaml --
policies:
  owner-label:
    match: {kinds: [routes], environments: [prod]}
    assert: '"owner" in labels(resource)'
`

func TestAPolicyStopsItsEnvironmentAlone(t *testing.T) {
	r := newRig(t)
	r.write(ownerPolicy)
	r.commit("ask for owners")
	r.pass()
	r.wantStates("test applied, uat applied, prod failed")
	env, _ := r.Status().Environment("prod")
	if !strings.Contains(env.Text, `routes/users breaks the policy "owner-label"`) {
		t.Errorf("the policy is not told: %q", env.Text)
	}
	if writes := r.writes(); len(writes["prod-eu"])+len(writes["prod-us"]) > 0 {
		t.Errorf("written in spite of a policy: %v", writes)
	}
	r.write("-- environments/prod/owners.yaml --\nroutes: {users: {labels: {owner: shop}}}\n")
	r.commit("name the owner")
	r.pass()
	r.wantStates("test unchanged, uat unchanged, prod applied")
}

func TestABrokenPolicyStopsEveryEnvironment(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.writes()
	r.write("-- policies/broken.yaml --\npolicies: {a: {match: {environments: [prod]}, assert: '1 +'}}\n")
	r.commit("break a policy")
	r.put("test", "upstreams/users", drifted())
	r.pass()
	r.wantStates("test failed, uat failed, prod failed")
	if writes := r.writes(); len(writes) != 1 || len(writes["test"]) == 0 {
		t.Errorf("want the drift healed and nothing else, got %v", writes)
	}
}

func TestAPolicyThatWarnsStopsNothing(t *testing.T) {
	r := newRig(t)
	r.write(strings.TrimSuffix(ownerPolicy, "\n") + "\n    severity: warn\n")
	r.commit("ask for owners")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
}

// TestAnExceptionEnds holds that the end of an exception is seen without a commit, and that what runs is kept all the same.
func TestAnExceptionEnds(t *testing.T) {
	r := newRig(t)
	now := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	r.config.Now = func() time.Time { return now }
	r.restart()
	r.write(strings.TrimSuffix(ownerPolicy, "\n") + "\n    exceptions: [{resources: [routes/*], who: jane@acme.example, until: 2027-01-31}]\n")
	r.commit("ask for owners, not yet of these")
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	now = now.AddDate(0, 0, 1)
	r.writes()
	r.put("prod-eu", "upstreams/users", drifted())
	r.pass()
	r.wantStates("test applied, uat applied, prod failed")
	if env, _ := r.Status().Environment("prod"); !strings.Contains(env.Detail, "ended on 2027-01-31") {
		t.Errorf("the end of the exception is not told: %q", env.Detail)
	}
	if writes := r.writes(); len(writes) != 1 || len(writes["prod-eu"]) == 0 {
		t.Errorf("want the drift healed and nothing else, got %v", writes)
	}
	entries := len(r.entries("prod", ""))
	r.pass()
	r.wantStates("test applied, uat applied, prod failed")
	if again := len(r.entries("prod", "")); again != entries {
		t.Errorf("the journal grows: %d, then %d entries", entries, again)
	}
}

// drifted is the upstream users as somebody changed it behind Git's back.
func drifted() map[string]any {
	return map[string]any{"nodes": map[string]any{"127.0.0.1:1": int64(1)}, "labels": map[string]any{"managed-by": "sluice"}}
}

// TestABreakingCommitIsHeldAndDriftIsNot holds that breaking: deny asks for leave for a commit, and not for putting back what the
// commit says already.
func TestABreakingCommitIsHeldAndDriftIsNot(t *testing.T) {
	r := newRig(t)
	r.write("-- environments/test/environment.yaml --\nextends: [base]\ngroups: [test]\nvars: {domain: test.acme.example}\nbreaking: deny\n")
	r.commit("deny")
	r.pass()
	r.writes()
	r.put("test", "routes/extra", map[string]any{"uri": "/extra", "service_id": "users", "labels": map[string]any{"managed-by": "sluice"}})
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	if r.has("test", "routes/extra") {
		t.Error("a route that somebody added is kept, since its end could be noticed")
	}
	r.writes()
	r.write("-- environments/test/limits.yaml --\nroutes: {users: {plugins: {limit-req: {rate: 1, burst: 0, key: remote_addr}}}}\n")
	r.commit("limit")
	r.pass()
	r.wantStates("test held, uat queued, prod queued")
	env, _ := r.Status().Environment("test")
	_, allow, _ := strings.Cut(env.Detail, "to allow it: ")
	if !strings.Contains(env.Detail, "guard breaking") || allow == "" || len(r.writes()) > 0 {
		t.Fatalf("want the environment held by the guard breaking, got %q", env.Detail)
	}
	r.commit("it is announced\n\n" + allow)
	r.pass()
	r.wantStates("test applied, uat unchanged, prod unchanged")
}
