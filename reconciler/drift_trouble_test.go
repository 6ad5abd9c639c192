package reconciler_test

import "testing"

// TestACommitThatChangesNothingEndsThoughDriftIsOnlyTold has the gateway be out of reach when such a commit is first looked at.
func TestACommitThatChangesNothingEndsThoughDriftIsOnlyTold(t *testing.T) {
	r := newRig(t)
	r.write("-- environments/test/environment.yaml --\nextends: [base]\ngroups: [test]\nvars: {domain: test.acme.example}\ndrift: report\n")
	r.commit("tell drift")
	r.pass()
	r.put("test", "upstreams/users", map[string]any{"nodes": map[string]any{"127.0.0.1:9": 1.0}})
	r.faults["test"].set(down)
	r.commit("nothing")
	r.pass()
	r.wantStates("test planning, uat queued, prod queued")
	r.faults["test"].set(nil)
	r.pass()
	r.wantStates("test unchanged, uat unchanged, prod unchanged")
}
