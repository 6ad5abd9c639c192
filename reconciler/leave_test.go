package reconciler_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// TestDriftThatIsOnlyToldStaysWhileAnotherGroupIsAway bends one group and lets the other not answer, in an environment that wants to be
// told and in one that is paused, with its own commit and with one that waits.
func TestDriftThatIsOnlyToldStaysWhileAnotherGroupIsAway(t *testing.T) {
	for _, paused := range []bool{false, true} {
		for _, waits := range []bool{false, true} {
			r := newRig(t)
			if paused {
				r.pass()
				pause := record.Pause{Environment: "prod", By: "ops", Reason: "hands on", Until: time.Now().Add(time.Hour)}
				if err := r.config.Journal.Pause(pause); err != nil {
					t.Fatal(err)
				}
			} else {
				r.driftIn("report")
			}
			if waits {
				r.faults["test"].set(down)
				r.route("new")
				r.pass()
			}
			r.put("prod-eu", "routes/users", byHand)
			r.writes()
			r.faults["prod-us"].set(down)
			r.pass()
			if writes := r.writes()["prod-eu"]; len(writes) > 0 {
				t.Errorf("paused %v, waits %v: healed: %v", paused, waits, writes)
			}
			if env, _ := r.Status().Environment("prod"); env.Groups[0].Drift != 1 || env.Groups[1].Error == "" {
				t.Errorf("paused %v, waits %v: the status does not tell: %+v", paused, waits, env.Groups)
			}
		}
	}
}

// TestACommitLeavesDriftThatIsOnlyTold has a commit for one group while another one, which it does not change, has drifted.
func TestACommitLeavesDriftThatIsOnlyTold(t *testing.T) {
	r := newRig(t)
	r.driftIn("report")
	r.put("prod-eu", "routes/users", byHand)
	r.writes()
	r.write("-- environments/prod/groups/prod-us/us.yaml --\nroutes:\n  us: {service_id: users, uri: /us}\n")
	r.commit("us")
	r.pass()
	r.wantStates("test unchanged, uat unchanged, prod applied")
	if writes := r.writes(); len(writes["prod-eu"]) > 0 || !r.has("prod-us", "routes/us") {
		t.Errorf("writes: %v", writes)
	}
	if env, _ := r.Status().Environment("prod"); env.Groups[0].Drift != 1 {
		t.Errorf("the drift is not told: %+v", env.Groups)
	}
}

// TestWhatHasBegunGoesOnThoughDriftWasHealed shuts the window while the first wave is verified and was healed.
func TestWhatHasBegunGoesOnThoughDriftWasHealed(t *testing.T) {
	r, c := newRig(t), &clock{at: monday.Add(10 * time.Hour)}
	v := r.windowed(c, ", windows: [{allow: \"Mon-Thu 09:00-17:00\"}]")
	r.settle()
	v.taken()
	release := v.block("prod-eu")
	r.route("late")
	r.passUntil(func() bool { return v.asks("prod-eu") })
	r.put("prod-eu", "routes/users", byHand)
	r.pass()
	if last, _ := r.config.Journal.Last("prod", "prod-eu"); last.Reason != "drift" {
		t.Fatalf("nothing was healed: %+v", last)
	}
	c.at = monday.Add(18 * time.Hour)
	release()
	r.settle()
	if r.wantStates("test applied, uat applied, prod applied"); !r.has("prod-us", "routes/late") {
		t.Error("the window stopped what had begun")
	}
}

// TestANewerCommitThatCanNotFollowLeavesNothingHalfWay comes between two waves, after the window was shut.
func TestANewerCommitThatCanNotFollowLeavesNothingHalfWay(t *testing.T) {
	r, c := newRig(t), &clock{at: monday.Add(10 * time.Hour)}
	r.windowed(c, ", windows: [{allow: \"Mon-Thu 09:00-17:00\"}]")
	r.settle()
	r.route("late")
	come := false
	r.faults["prod-eu"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodPut && !come {
			come, c.at = true, monday.Add(18*time.Hour)
			r.route("newer")
		}
		return 0, ""
	})
	r.settle()
	if !r.has("prod-eu", "routes/late") || !r.has("prod-us", "routes/late") {
		t.Errorf("prod stands half-way: %s, %q", r.states(), r.text("prod"))
	}
}

// TestAFreezeIsNotPassedByACommitThatCanNotBeRead takes one group back and brings news to another one that does not answer.
func TestAFreezeIsNotPassedByACommitThatCanNotBeRead(t *testing.T) {
	r, c := newRig(t), &clock{at: monday}
	r.windowed(c, ", freeze: {reason: year-end close, from: 2026-12-20, until: 2027-01-04}")
	r.settle()
	r.write("-- environments/prod/groups/prod-eu/eu.yaml --\nroutes:\n  eu: {service_id: users, uri: /eu}\n")
	r.commit("eu has more")
	r.settle()
	r.wantStates("test unchanged, uat unchanged, prod applied")
	c.at = time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)
	r.write("-- environments/prod/groups/prod-eu/eu.yaml --\n{}\n-- environments/prod/groups/prod-us/us.yaml --\nroutes:\n  us: {service_id: users, uri: /us}\n")
	r.commit("half a revert")
	r.faults["prod-us"].set(down)
	r.pass()
	r.faults["prod-us"].set(nil)
	r.settle()
	r.wantStates("test unchanged, uat unchanged, prod queued")
	if r.has("prod-us", "routes/us") || !r.has("prod-eu", "routes/eu") {
		t.Error("it was written in a freeze")
	}
}
