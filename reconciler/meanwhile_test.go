package reconciler_test

import (
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// TestDriftIsHealedWhileAWaveIsVerified changes a group that has the new commit, and one that has not.
func TestDriftIsHealedWhileAWaveIsVerified(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	r.settle()
	good := r.git("rev-parse", "HEAD")
	release := v.block("prod-eu")
	next := r.route("next")
	v.taken()
	r.passUntil(func() bool { return v.asks("prod-eu") })
	r.put("prod-eu", "routes/next", byHand)
	r.put("prod-us", "routes/users", byHand)
	r.pass()
	r.wantStates("test applied, uat applied, prod verifying")
	for group, commit := range map[string]string{"prod-eu": next, "prod-us": good} {
		if entry, _ := r.config.Journal.Last("prod", group); entry.Reason != "drift" || entry.Commit != commit || entry.State != record.Applied {
			t.Errorf("%s was not healed to %s: %+v", group, commit, entry)
		}
	}
	release()
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	if entry, ok := r.config.Journal.Verified("prod", "prod-eu", r.digest("prod-eu")); !ok || entry.Commit != next {
		t.Errorf("what was healed meanwhile is not verified: %v, %+v", ok, entry)
	}
}

func (r *rig) digest(group string) string {
	last, _ := r.config.Journal.LastApplied("prod", group)
	return last.Digest
}

// TestNothingIsPreemptedByWhatMayNotBegin has a newer commit while a window is shut: what is verified goes on.
func TestNothingIsPreemptedByWhatMayNotBegin(t *testing.T) {
	r, c := newRig(t), &clock{at: monday.Add(10 * time.Hour)}
	v := r.windowed(c, ", windows: [{allow: \"Mon-Thu 09:00-17:00\"}]")
	r.settle()
	release := v.block("prod-eu")
	first := r.route("first")
	v.taken()
	r.passUntil(func() bool { return v.asks("prod-eu") })
	c.at = monday.Add(20 * time.Hour)
	second := r.route("second")
	v.taken()
	r.passUntil(func() bool { env, _ := r.Status().Environment("uat"); return env.Applied == second })
	r.wantStates("test applied, uat applied, prod verifying")
	release()
	r.settle()
	r.wantStates("test applied, uat applied, prod queued")
	if env, _ := r.Status().Environment("prod"); env.Applied != first || env.Target != second {
		t.Errorf("prod runs %s and aims at %s", env.Applied, env.Target)
	}
}
