package reconciler_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestQueueEveryGivesEachCommitATurnThatNobodyLookedAt pushes commits while no daemon runs, or while its remote lags behind.
func TestQueueEveryGivesEachCommitATurnThatNobodyLookedAt(t *testing.T) {
	r := newRig(t)
	r.verified(", queue: every")
	r.settle()
	r.stop()
	commits := []string{r.route("one"), r.route("two"), r.route("three")}
	r.restart()
	r.settle()
	r.wantTurns(commits, "0: applied", "1: applied", "2: applied")
}

// TestQueueEveryBeginsWithTheCommitThatItWaitedWith has a gateway that is out of reach from the beginning: the commits that come meanwhile
// have their turn when it is there, those that nobody looked at among them.
func TestQueueEveryBeginsWithTheCommitThatItWaitedWith(t *testing.T) {
	for name, again := range map[string]func(*rig){"in one run": func(*rig) {}, "over restarts": func(r *rig) { r.config.Statuses = true; r.restart() }} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.verified(", queue: every")
			r.faults["test"].set(down)
			again(r)
			commits := []string{r.git("rev-parse", "HEAD")}
			r.pass()
			commits = append(commits, r.route("one"), r.route("two"))
			again(r)
			r.pass()
			r.faults["test"].set(nil)
			r.settle()
			r.wantTurns(commits, "0: applied", "1: applied", "2: applied")
		})
	}
}

// TestQueueEveryForgetsWhatItWaitedWithWhenTheBranchDoes rewrites the branch without the commit that an environment was to take first.
func TestQueueEveryForgetsWhatItWaitedWithWhenTheBranchDoes(t *testing.T) {
	r := newRig(t)
	r.verified(", queue: every")
	r.faults["test"].set(down)
	lost := r.route("lost")
	r.pass()
	r.git("reset", "--quiet", "--hard", "HEAD^")
	commits := []string{r.route("other")}
	r.faults["test"].set(nil)
	r.settle()
	r.wantTurns(commits, "0: applied")
	if slices.Contains(r.entries("test", lost), "applied") {
		t.Error("the lost commit was applied")
	}
}

// TestQueueEveryBeginsWithTheOldestThatItWaitedWith kills the daemon before all environments wait with the first commit. They wait with the
// newest one then, and with one before that while a remote that lags shows it.
func TestQueueEveryBeginsWithTheOldestThatItWaitedWith(t *testing.T) {
	r := newRig(t)
	r.config.Statuses = true
	r.verified(", queue: every")
	r.route("zero")
	ctx, kill := context.WithCancel(t.Context())
	r.faults["test"].set(func(*http.Request) (int, string) { kill(); return http.StatusServiceUnavailable, "" })
	_, _ = r.Once(ctx) // it is cut off
	commits := []string{r.route("one"), r.route("two")}
	r.restart()
	r.faults["test"].set(down)
	r.faults["uat"].set(down)
	r.pass()
	r.faults["test"].set(nil)
	r.passUntil(func() bool { return slices.Equal(r.outcomes("test", commits[:1]), []string{"0: applied"}) })
	r.git("reset", "--quiet", "--hard", commits[0])
	r.restart()
	r.pass()
	r.git("reset", "--quiet", "--hard", commits[1])
	r.restart()
	r.faults["uat"].set(nil)
	r.settle()
	r.wantTurns(commits, "0: applied", "1: applied")
}

// hide takes the remote out of reach.
func (r *rig) hide() {
	r.t.Helper()
	if err := os.Rename(r.repo, r.repo+".gone"); err != nil {
		r.t.Fatal(err)
	}
}

// wantTurns holds what became of commits in every environment.
func (r *rig) wantTurns(commits []string, want ...string) {
	r.t.Helper()
	r.wantStates("test applied, uat applied, prod applied")
	for _, env := range []string{"test", "uat", "prod"} {
		if diff := cmp.Diff(want, r.outcomes(env, commits)); diff != "" {
			r.t.Errorf("%s (-want +got):\n%s", env, diff)
		}
	}
}

// TestACommitWhoseCarrierCameBackHasItsOutcome force-pushes a commit away that carries another one while it is verified, and back, under a
// newer one or alone.
func TestACommitWhoseCarrierCameBackHasItsOutcome(t *testing.T) {
	for name, under := range map[string]bool{"as the newest": false, "under a newer one": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			v := r.verified("")
			r.settle()
			base := r.git("rev-parse", "HEAD")
			release := v.block("test")
			v.taken()
			carried, carrier := r.route("carried"), r.route("carrier")
			r.passUntil(func() bool { return v.asks("test") })
			r.git("reset", "--quiet", "--hard", base)
			release()
			r.settle()
			r.wantEnd("test", carried, "superseded carried by "+carrier[:7]+", which is superseded")
			r.git("reset", "--quiet", "--hard", carrier)
			if under {
				carrier = r.route("newer")
			}
			r.settle()
			r.wantStates("test applied, uat applied, prod applied")
			r.wantEnd("test", carried, "superseded carried by "+carrier[:7]+", which is applied")
		})
	}
}
