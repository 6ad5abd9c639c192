package reconciler_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAnEnvironmentThatWasNeverAppliedAdvancesUnderASteadyStream has a new commit before each pass.
func TestAnEnvironmentThatWasNeverAppliedAdvancesUnderASteadyStream(t *testing.T) {
	r := newRig(t)
	r.verified("")
	for i := range 10 {
		r.route("s" + string(rune('a'+i)))
		r.pass()
		if err := r.Settled(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, ok := r.config.Journal.LastApplied("prod", "prod-eu"); ok {
			return
		}
	}
	t.Errorf("prod never advances: %s %q", r.states(), r.text("prod"))
}

// TestACommitThatNobodyVouchesForStopsNoQueue has one in an environment whose groups belong to no environment in the daemon's file.
func TestACommitThatNobodyVouchesForStopsNoQueue(t *testing.T) {
	r, bad := newRig(t), ""
	for i := range r.config.Groups {
		r.config.Groups[i].Environment = ""
	}
	r.config.Trust = func(commit string) error {
		if commit == bad {
			return errors.New("unsigned")
		}
		return nil
	}
	r.write("-- environments/test/environment.yaml --\nextends: [base]\ngroups: [test]\nvars: {domain: test.acme.example}\nrollout: {queue: every}\n")
	r.commit("every")
	r.restart()
	r.settle()
	bad = r.route("unsigned")
	r.pass()
	r.git("revert", "--no-edit", "HEAD")
	r.route("good")
	r.settle()
	if !r.has("test", "routes/good") {
		t.Errorf("the queue stands: %s %q", r.states(), r.text("test"))
	}
	if diff := cmp.Diff([]string{"held"}, r.entries("test", bad)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
}

// TestABranchThatGoesBackOwesNothing takes a commit back by force while it is verified.
func TestABranchThatGoesBackOwesNothing(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	r.settle()
	v.taken()
	release := v.block("prod-eu")
	lost := r.route("lost")
	r.passUntil(func() bool { return v.asks("prod-eu") })
	r.git("reset", "--quiet", "--hard", "HEAD^")
	r.pass()
	release()
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	r.wantEnd("prod", lost, "superseded the branch was rewritten without it")
	if r.has("prod-eu", "routes/lost") {
		t.Error("what the branch has lost is still there")
	}
	v.taken()
	r.restart()
	r.settle()
	if again := v.taken(); len(again) > 0 {
		t.Errorf("a restart verifies again: %v", again)
	}
}
