package reconciler_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/record"
)

func TestAWaveIsVerifiedBeforeTheNextOpens(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	release := v.block("prod-eu")
	v.tells = func(wave string, tell func(string)) {
		if wave == "prod-eu" {
			tell("soaking 4m of 10m")
		}
	}
	r.pass() // test verifies
	r.wantStates("test verifying, uat queued, prod queued")
	if err := r.Settled(t.Context()); err != nil {
		t.Fatal(err)
	}
	if pass := r.pass(); !pass.Verifying {
		t.Error("the pass does not say that prod is being verified")
	}
	r.wantStates("test applied, uat applied, prod verifying")
	r.wantText("prod", "wave 1/2: prod-eu applied, soaking 4m of 10m")
	r.pass()
	if len(r.live("prod-us")) > 0 {
		t.Error("the second wave was opened before the first was verified")
	}
	release()
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	if diff := cmp.Diff([]string{"test", "prod-eu", "prod-us"}, v.taken()); diff != "" {
		t.Errorf("verified (-want +got):\n%s", diff)
	}
	if text := r.text("prod"); text != "8 created, 0 updated, 0 deleted on 2 groups; verified" {
		t.Errorf("the status says %q", text)
	}
	entries, err := r.config.Journal.Entries(record.Filter{Environment: "prod", Limit: 1})
	if err != nil || len(entries) != 1 || len(entries[0].Verified) != 2 || entries[0].Verified[0].Kind != "probe" {
		t.Errorf("the journal does not say what was verified: %v, %+v", err, entries)
	}
	r.pass()
	if asked := v.taken(); len(asked) > 0 {
		t.Errorf("a pass with nothing to do verified %v", asked)
	}
}

// wantText polls: the text of a verification comes from its own goroutine.
func (r *rig) wantText(env, want string) {
	r.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for r.text(env) != want {
		if time.Now().After(deadline) {
			r.t.Fatalf("the text of %s is %q, want %q", env, r.text(env), want)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestAFailedVerificationHoldsWhatWasApplied(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	r.settle()
	verified := r.git("rev-parse", "HEAD")
	v.fails("prod-eu")
	bad := r.route("bad")
	r.settle()
	check := func() {
		t.Helper()
		r.wantStates("test applied, uat applied, prod failed")
		if text := r.text("prod"); text != "probe users: 502, want 200" {
			t.Errorf("the status says %q", text)
		}
		if !r.has("prod-eu", "routes/bad") || r.has("prod-us", "routes/bad") {
			t.Error("what was applied does not stay, or the wave after it was opened")
		}
		env, _ := r.Status().Environment("prod")
		if env.Applied != verified || env.Groups[0].Applied != bad || env.Groups[1].Applied != verified {
			t.Errorf("what runs is not told: %+v", env)
		}
	}
	check()
	v.fails()
	v.taken()
	r.put("prod-eu", "routes/bad", byHand)
	r.put("prod-us", "routes/users", byHand)
	r.pass()
	check()
	r.restart()
	r.pass()
	check()
	for _, group := range []string{"prod-eu", "prod-us"} {
		if entry, _ := r.config.Journal.Last("prod", group); entry.Reason != "drift" || entry.State != record.Applied {
			t.Errorf("the drift of %s was not healed: %+v", group, entry)
		}
	}
	if asked := v.taken(); len(asked) > 0 {
		t.Errorf("it was verified again though nobody asked: %v", asked)
	}
	r.Retry()
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	if diff := cmp.Diff([]string{"prod-eu", "prod-us"}, v.taken()); diff != "" {
		t.Errorf("verified after it was asked for (-want +got):\n%s", diff)
	}
}

// TestWhatFailedIsNotVerifiedByACommitThatChangesNothing has a commit after a failed one that changes nothing: it still runs what did
// not hold.
func TestWhatFailedIsNotVerifiedByACommitThatChangesNothing(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	r.settle()
	v.fails("test")
	r.route("bad")
	r.settle()
	r.wantStates("test failed, uat queued, prod queued")
	r.write("-- README.md --\nhello\n")
	r.commit("docs")
	v.taken()
	r.settle()
	r.wantStates("test failed, uat queued, prod queued")
	if diff := cmp.Diff([]string{"test"}, v.taken()); diff != "" {
		t.Errorf("verified (-want +got):\n%s", diff)
	}
	if r.has("uat", "routes/bad") {
		t.Error("what failed in test was promoted")
	}
}

func TestARestartOwesTheVerification(t *testing.T) {
	for _, restartIn := range []string{"prod-eu", "prod-us"} {
		t.Run(restartIn, func(t *testing.T) {
			r := newRig(t)
			v := r.verified("")
			release := v.block(restartIn)
			r.passUntil(func() bool { return v.asks(restartIn) })
			r.restart()
			release()
			v.taken()
			r.settle()
			r.wantStates("test applied, uat applied, prod applied")
			if diff := cmp.Diff([]string{"prod-eu", "prod-us"}, v.taken()); diff != "" {
				t.Errorf("verified after the restart (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaultsOfWhatIsToBeVerifiedAreFoundBeforeAnyWrite(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	v.faults = diag.List{diag.Errorf(diag.Pos{File: "environments/test/environment.yaml", Line: 5, Col: 1}, "wrong-value", "no such address")}
	r.settle()
	r.wantStates("test failed, uat queued, prod queued")
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("writes: %v", writes)
	}
	v.faults = nil
	r.config.Verifier = nil
	r.restart()
	r.pass()
	r.wantStates("test failed, uat queued, prod queued")
	if text := r.text("test"); !strings.Contains(text, "nothing here can verify") {
		t.Errorf("the status says %q", text)
	}
}
