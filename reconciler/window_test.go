package reconciler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/record"
)

// clock is a time that a test sets.
type clock struct{ at time.Time }

// monday is a Monday.
var monday = time.Date(2026, 12, 7, 0, 0, 0, 0, time.UTC)

// windowed starts a rig at a time, whose prod has a rollout of the test's choice.
func (r *rig) windowed(c *clock, rollout string) *verifier {
	r.config.Now = func() time.Time { return c.at }
	return r.verified(rollout)
}

func TestAWindow(t *testing.T) {
	r, c := newRig(t), &clock{at: monday.Add(10 * time.Hour)}
	v := r.windowed(c, ", onFailure: rollback, windows: [{allow: \"Mon-Thu 09:00-17:00\"}]")
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	good := r.git("rev-parse", "HEAD")

	c.at = monday.Add(30 * time.Hour) // Tuesday, 06:00
	r.route("night")
	pass := r.settle()
	r.wantStates("test applied, uat applied, prod queued")
	if want := "outside Mon-Thu 09:00-17:00 UTC; opens Tue 09:00 (in 3h)"; strings.ReplaceAll(r.text("prod"), " UTC", "") != strings.ReplaceAll(want, " UTC", "") {
		t.Errorf("the status says %q, want %q", r.text("prod"), want)
	}
	if pass.Next == 0 {
		t.Error("the loop does not wake when the window opens")
	}
	r.put("prod-eu", "routes/users", byHand)
	r.pass()
	if last, _ := r.config.Journal.Last("prod", "prod-eu"); last.Reason != "drift" || last.Commit != good || r.has("prod-eu", "routes/night") {
		t.Errorf("drift is not healed to what runs while the window is shut: %+v", last)
	}
	r.write("-- README.md --\nhello\n-- base/night.yaml --\n{}\n")
	r.commit("nothing that prod would notice")
	r.settle()
	r.wantStates("test applied, uat applied, prod unchanged")

	c.at = monday.Add(40 * time.Hour) // 16:00
	release := v.block("prod-eu")
	v.taken()
	r.route("late")
	r.passUntil(func() bool { return v.asks("prod-eu") })
	c.at = monday.Add(42 * time.Hour) // 18:00
	release()
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	if !r.has("prod-us", "routes/late") {
		t.Error("the window stopped what had begun")
	}
}

// TestARevertPassesAFreeze reverts while the environment is frozen, with and without leave.
func TestARevertPassesAFreeze(t *testing.T) {
	for _, reverts := range []string{"", ", reverts: windows"} {
		t.Run(reverts, func(t *testing.T) {
			r, c := newRig(t), &clock{at: monday}
			v := r.windowed(c, ", freeze: {reason: year-end close, from: 2026-12-20, until: 2027-01-04}"+reverts)
			r.settle()
			good := r.git("rev-parse", "HEAD")
			r.route("bad")
			r.settle()
			r.wantStates("test applied, uat applied, prod applied")
			c.at = time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)
			r.route("new")
			pass := r.settle()
			r.wantStates("test applied, uat applied, prod queued")
			if r.text("prod") != "frozen until 2027-01-04: year-end close" || pass.Next == 0 {
				t.Errorf("%q, next %v", r.text("prod"), pass.Next)
			}
			r.git("revert", "--no-edit", "HEAD", "HEAD^")
			v.taken()
			r.settle()
			if reverts != "" {
				r.wantStates("test applied, uat applied, prod queued")
				return
			}
			r.wantStates("test applied, uat applied, prod applied")
			if r.has("prod-eu", "routes/bad") {
				t.Error("the revert did not pass")
			}
			if asked := strings.Join(v.taken(), ", "); !strings.HasSuffix(asked, "prod-eu proven, prod-us proven") {
				t.Errorf("a revert to a proven digest soaks: %s", asked)
			}
			if entry, _ := r.config.Journal.Last("prod", "prod-us"); entry.Restores != good || entry.Live != entry.Digest {
				t.Errorf("the entry proves nothing: %+v", entry)
			}
		})
	}
}

// TestARevertToWhatDidNotHoldIsNoProof goes back to a state that was applied, and did not verify.
func TestARevertToWhatDidNotHoldIsNoProof(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	r.settle()
	v.fails("prod-eu")
	r.route("bad")
	r.settle()
	v.fails()
	r.git("revert", "--no-edit", "HEAD")
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	v.taken()
	r.git("revert", "--no-edit", "HEAD")
	r.settle()
	if asked := strings.Join(v.taken(), ", "); asked != "test proven, prod-eu, prod-us" {
		t.Errorf("verified %s", asked)
	}
}

func TestAPause(t *testing.T) {
	for _, inGit := range []bool{true, false} {
		t.Run(fmt.Sprint("in Git: ", inGit), func(t *testing.T) {
			r := newRig(t)
			v := r.verified("")
			r.settle()
			good := r.git("rev-parse", "HEAD")
			until := time.Now().Add(time.Hour)
			want := "paused: load test (by ops) until " + until.UTC().Format("2006-01-02 15:04 MST")
			if inGit {
				r.write(verifying("") + "paused: {reason: load test}\n")
				want = "paused: load test (by Git)"
			} else if err := r.config.Journal.Pause(record.Pause{Environment: "prod", By: "ops", Reason: "load test", Until: until.UTC()}); err != nil {
				t.Fatal(err)
			}
			r.route("new")
			r.put("prod-eu", "routes/users", byHand)
			v.taken()
			r.settle()
			r.wantStates("test applied, uat applied, prod queued")
			env, _ := r.Status().Environment("prod")
			if env.Text != want || env.Paused != want {
				t.Errorf("the status says %q and %q, want %q", env.Text, env.Paused, want)
			}
			if last, _ := r.config.Journal.Last("prod", "prod-eu"); last.Commit != good || last.Reason != "commit" || env.Groups[0].Drift != 1 {
				t.Errorf("something was written, or drift is not reported: %+v, %+v", last, env)
			}
			if inGit {
				r.write(verifying(""))
				r.commit("go on")
			} else if err := r.config.Journal.Resume("prod", "ops"); err != nil {
				t.Fatal(err)
			}
			r.settle()
			r.wantStates("test " + map[bool]string{true: "unchanged", false: "applied"}[inGit] + ", uat " + map[bool]string{true: "unchanged", false: "applied"}[inGit] + ", prod applied")
			if env, _ := r.Status().Environment("prod"); env.Paused != "" || !r.has("prod-eu", "routes/new") {
				t.Errorf("it does not go on: %+v", env)
			}
		})
	}
}

// TestAPauseShowsWithoutADaemon reads the status from the journal, as a standby and `sluice status` do.
func TestAPauseShowsWithoutADaemon(t *testing.T) {
	r := newRig(t)
	r.pass()
	if err := r.config.Journal.Pause(record.Pause{Environment: "prod", By: "ops", Reason: "looking", Until: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	status := reconciler.StatusFromJournal(r.config.Journal.View)
	prod, _ := status.Environment("prod")
	test, _ := status.Environment("test")
	if !strings.Contains(prod.Paused, "looking (by ops) until ") || test.Paused != "" {
		t.Errorf("prod says %q, test %q", prod.Paused, test.Paused)
	}
}

// TestAWindowThatOpensWhileTheJournalCantBeWritten holds that the commit is tried again as after other trouble, and not at the drift interval.
func TestAWindowThatOpensWhileTheJournalCantBeWritten(t *testing.T) {
	r, c := newRig(t), &clock{at: monday.Add(10 * time.Hour)}
	r.config.DriftInterval = time.Hour
	r.windowed(c, ", windows: [{allow: \"Mon-Thu 09:00-17:00\"}]")
	r.settle()
	c.at = monday.Add(30 * time.Hour)
	r.route("night")
	r.settle()
	r.wantStates("test applied, uat applied, prod queued")
	c.at = monday.Add(34 * time.Hour)
	if err := r.config.Journal.Close(); err != nil {
		t.Fatal(err)
	}
	last := time.Duration(0)
	for range 8 {
		pass, err := r.Once(t.Context())
		if err == nil || pass.Next <= last && pass.Next != time.Minute || pass.Next > time.Minute {
			t.Errorf("the pass ends with %v, the next one is in %s after %s", err, pass.Next, last)
		}
		last = pass.Next
	}
	r.restart()
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
}
