package reconciler_test

import "testing"

// TestApplySaysThatACommitWasRolledBack asks for one environment at a time, each by a process of its own that knows the journal alone.
func TestApplySaysThatACommitWasRolledBack(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	r.write("-- environments/test/environment.yaml --\nextends: [base]\ngroups: [test]\nvars: {domain: test.acme.example}\n" +
		"rollout: {verify: {health: true}, onFailure: rollback}\n")
	good := r.commit("test rolls back")
	r.settle()
	v.fails("test")
	r.route("bad")
	for _, test := range []struct{ env, state, text string }{
		{"test", "rolled-back", "probe users: 502, want 200; test runs " + good[:7] + " again, and there too: probe users: 502, want 200"},
		{"uat", "queued", "waits for test, which is rolled-back"},
		{"prod", "queued", "waits for uat, which is queued"},
	} {
		r.restart()
		status, err := r.Apply(t.Context(), test.env)
		if err != nil || status.State != test.state || status.Text != test.text {
			t.Errorf("%s is %s: %q, %v", test.env, status.State, status.Text, err)
		}
	}
}
