package reconciler_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

var _ = time.Now
var _ = strings.Contains
var _ record.State
var _ reconciler.Pass

// R1
func TestReviewR1(t *testing.T) {
	r := newRig(t)
	v := r.verified(", onFailure: rollback")
	r.settle()
	v.mu.Lock()
	v.answer = func(wave string) string {
		if wave == "prod-us" && r.has("prod-us", "routes/bad") {
			return "502"
		}
		return ""
	}
	v.mu.Unlock()
	jumped := r.commit("jumped over") // never seen alone
	_ = jumped
	bad := r.route("bad")
	r.settle()
	r.wantStates("test applied, uat applied, prod rolled-back")
	last, _ := r.config.Journal.Last("prod", "")
	t.Logf("last of prod: %s %s; bad is %s", last.Commit[:7], last.State, bad[:7])
	r.writes()
	r.restart()
	for range 3 {
		r.settle()
	}
	if w := r.writes(); len(w) > 0 {
		t.Errorf("applied again: %v", w)
	}
	r.wantStates("test applied, uat applied, prod rolled-back")
}

// R2
func TestReviewR2(t *testing.T) {
	for _, keeping := range []bool{false, true} {
		r := newRig(t)
		r.settle()
		r.write(strings.Replace(`
-- environments/prod/environment.yaml --
extends: [base]
after: [uat]
groups: [prod-eu, prod-us]
vars: {domain: acme.example}
drift: report
`, "", "", 1))
		r.commit("report")
		r.settle()
		if keeping {
			r.faults["test"].set(func(req *http.Request) (int, string) { return 503, "down" })
			r.route("new")
			r.settle()
		}
		r.put("prod-eu", "routes/users", byHand)
		r.writes()
		r.faults["prod-us"].set(func(req *http.Request) (int, string) { return 503, "down" })
		r.pass()
		r.pass()
		t.Logf("keeping %v: %s", keeping, r.states())
		if w := r.writes()["prod-eu"]; len(w) > 0 {
			t.Errorf("keeping %v: report healed: %v", keeping, w)
		}
	}
}

func TestReviewR2Paused(t *testing.T) {
	r := newRig(t)
	r.settle()
	if err := r.config.Journal.Pause(record.Pause{Environment: "prod", By: "me", Reason: "hands on", Until: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	r.pass()
	r.put("prod-eu", "routes/users", byHand)
	r.writes()
	r.faults["prod-us"].set(func(req *http.Request) (int, string) { return 503, "down" })
	r.pass()
	if w := r.writes()["prod-eu"]; len(w) > 0 {
		t.Errorf("paused, and healed: %v; %s %q", w, r.states(), r.text("prod"))
	}
}

// R3
func TestReviewR3(t *testing.T) {
	r := newRig(t)
	r.verified(", onFailure: rollback")
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	r.faults["prod-us"].set(func(req *http.Request) (int, string) { return 401, `{"error_msg":"failed to check token"}` })
	r.pass()
	t.Logf("401: %s: %s", r.states(), r.text("prod"))
	r.faults["prod-us"].set(nil)
	for range 3 {
		r.settle()
	}
	t.Logf("mended: %s: %s", r.states(), r.text("prod"))
	r.wantStates("test applied, uat applied, prod applied")
}

// R4
func TestReviewR4(t *testing.T) {
	r, c := newRig(t), &clock{at: monday.Add(10 * time.Hour)}
	v := r.windowed(c, ", windows: [{allow: \"Mon-Thu 09:00-17:00\"}]")
	r.settle()
	release := v.block("prod-eu")
	r.route("late")
	r.passUntil(func() bool { return v.asks("prod-eu") })
	r.put("prod-eu", "routes/users", byHand)
	r.pass()
	last, _ := r.config.Journal.Last("prod", "prod-eu")
	t.Logf("last of prod-eu: %s %s", last.Reason, last.State)
	c.at = monday.Add(18 * time.Hour)
	release()
	r.settle()
	t.Logf("%s: %s", r.states(), r.text("prod"))
	if !r.has("prod-us", "routes/late") {
		t.Error("the window stopped what had begun")
	}
}

// R5
func TestReviewR5(t *testing.T) {
	r, c := newRig(t), &clock{at: monday.Add(10 * time.Hour)}
	r.config.Now = func() time.Time { return c.at }
	r.write(`
-- environments/prod/environment.yaml --
extends: [base]
after: [uat]
groups: [prod-eu, prod-us]
vars: {domain: acme.example}
rollout: {windows: [{allow: "Mon-Thu 09:00-17:00"}]}
`)
	r.commit("window")
	r.restart()
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	r.route("late")
	done := false
	r.faults["prod-eu"].set(func(req *http.Request) (int, string) {
		if req.Method == http.MethodPut && !done {
			done = true
			c.at = monday.Add(18 * time.Hour)
			r.route("newer")
		}
		return 0, ""
	})
	r.settle()
	t.Logf("%s: %s", r.states(), r.text("prod"))
	if r.has("prod-eu", "routes/late") != r.has("prod-us", "routes/late") {
		t.Errorf("half-way: eu late=%v us late=%v", r.has("prod-eu", "routes/late"), r.has("prod-us", "routes/late"))
	}
}

// R6
func TestReviewR6(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	r.settle()
	rel := v.block("prod-eu")
	v.taken()
	r.route("one")
	r.passUntil(func() bool { return v.asks("prod-eu") })
	v.taken()
	r.route("two")
	r.passUntil(func() bool { return v.asks("prod-eu") })
	defer rel()
	t.Logf("before the revert: %s: %s; one=%v two=%v", r.states(), r.text("prod"), r.has("prod-eu", "routes/one"), r.has("prod-eu", "routes/two"))
	v.taken()
	r.git("revert", "--no-edit", "HEAD", "HEAD^")
	for range 20 {
		r.pass()
		time.Sleep(5 * time.Millisecond)
	}
	t.Logf("%s: %s %v", r.states(), r.text("prod"), v.taken())
	if r.has("prod-eu", "routes/two") {
		t.Error("the revert waits for the soak of what it reverts")
	}
}

// R9: an environment that was never applied, under a steady stream.
func TestReviewR9(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	_ = v
	for i := range 40 {
		r.route(fmt.Sprintf("s%d", i))
		r.pass()
		if err := r.Settled(t.Context()); err != nil {
			t.Fatal(err)
		}
		if last, ok := r.config.Journal.LastApplied("prod", "prod-eu"); ok {
			t.Logf("prod after %d: %s", i, last.State)
			return
		}
	}
	t.Errorf("prod never advances: %s %q", r.states(), r.text("prod"))
}

// R10: queue: every and a commit that nobody vouches for, in an environment that owns no group.
func TestReviewR10(t *testing.T) {
	r := newRig(t)
	for i := range r.config.Groups {
		r.config.Groups[i].Environment = ""
	}
	bad := map[string]bool{}
	r.config.Trust = func(commit string) error {
		if bad[commit] {
			return errors.New("unsigned")
		}
		return nil
	}
	r.write(`
-- environments/test/environment.yaml --
extends: [base]
groups: [test]
vars: {domain: test.acme.example}
rollout: {queue: every}
`)
	r.commit("every")
	r.restart()
	r.settle()
	t.Log(r.states())
	bad[r.route("unsigned")] = true
	r.pass()
	r.git("revert", "--no-edit", "HEAD")
	r.route("good")
	for range 10 {
		r.pass()
	}
	t.Logf("%s %q", r.states(), r.text("test"))
	if !r.has("test", "routes/good") {
		t.Error("stuck")
	}
}
