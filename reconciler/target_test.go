package reconciler_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// TestABranchThatGoesBackAndForthLeavesNothingQueued: it is at an earlier commit while the first environment takes that one, and at the newer one
// again before the others' turn. They run that.
func TestABranchThatGoesBackAndForthLeavesNothingQueued(t *testing.T) {
	r := newRig(t)
	r.config.DriftInterval = time.Hour
	r.restart()
	r.settle()
	before := r.git("rev-parse", "HEAD")
	newest := r.route("newest")
	r.settle()
	r.wantStates("test applied, uat applied, prod applied")
	r.git("reset", "--quiet", "--hard", before)
	back := false
	r.faults["test"].set(func(req *http.Request) (int, string) {
		if req.Method != http.MethodGet && !back {
			back = true
			r.git("reset", "--quiet", "--hard", newest)
		}
		return 0, ""
	})
	r.settle()
	if !back {
		t.Fatal("the earlier commit was never begun")
	}
	for _, env := range r.Status().Environments {
		if env.Target != newest || env.Applied != newest || env.State != string(record.Applied) {
			t.Errorf("%s is shown as %s at %s, and runs %s", env.Name, env.State, env.Target[:7], env.Applied[:7])
		}
	}
}
