package reconciler_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/record"
)

// TestACommitThatNobodyVouchesForHoldsEverything says that an unsigned head is not applied, not even looked at, and that the last
// good commit stays and is kept.
func TestACommitThatNobodyVouchesForHoldsEverything(t *testing.T) {
	r := newRig(t)
	good := map[string]bool{r.git("rev-parse", "HEAD"): true}
	r.config.Trust = func(commit string) error {
		if good[commit] {
			return nil
		}
		return errors.New("the commit is not signed")
	}
	r.restart()
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	r.write("-- base/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n-- environments/prod/environment.yaml --\ngroups: [")
	bad := r.commit("unsigned")
	r.put("prod-eu", "routes/users", byHand)
	r.pass()
	r.wantStates("prod held, test held, uat held")
	if r.has("test", "routes/more") {
		t.Error("a commit that nobody vouches for was applied")
	}
	if env, _ := r.Status().Environment("prod"); !strings.Contains(env.Text, "is not trusted: the commit is not signed") {
		t.Errorf("status %+v", env)
	}
	for key, resource := range r.live("prod-eu") {
		if key.String() == "routes/users" && resource.Spec["uri"] != "/users/*" {
			t.Error("drift is not healed to the last good commit")
		}
	}
	if last, _ := r.config.Journal.Last("prod", ""); last.Commit != bad || last.State != record.Held {
		t.Errorf("journal %+v", last)
	}
	r.git("rm", "-rq", "environments/prod", "base/more.yaml")
	r.write(layout)
	good[r.commit("signed")] = true
	r.pass()
	r.wantStates("test unchanged, uat unchanged, prod unchanged")
}

// TestWhatWasAppliedIsKeptWithoutAVoucher says that a key that is taken back later takes back no configuration.
func TestWhatWasAppliedIsKeptWithoutAVoucher(t *testing.T) {
	r := newRig(t)
	r.pass()
	r.config.Trust = func(string) error { return errors.New("the key was taken back") }
	r.restart()
	r.put("test", "routes/users", byHand)
	r.pass()
	r.wantStates("test applied, uat applied, prod applied")
	for key, resource := range r.live("test") {
		if key.String() == "routes/users" && resource.Spec["uri"] != "/users/*" {
			t.Error("drift of an applied commit is not healed")
		}
	}
}

// TestWhatOneEnvironmentRunsIsNotTrustedForAll takes a key back while a commit is on its way.
func TestWhatOneEnvironmentRunsIsNotTrustedForAll(t *testing.T) {
	r := newRig(t)
	var taken error
	r.config.Trust = func(string) error { return taken }
	r.restart()
	r.pass()
	r.write("-- base/more.yaml --\nroutes:\n  more: {service_id: users, uri: /more}\n")
	r.commit("signed by a key that is taken back")
	r.faults["uat"].set(func(*http.Request) (int, string) { return http.StatusServiceUnavailable, "" })
	r.pass()
	taken = errors.New("the key was taken back")
	r.faults["uat"].set(nil)
	r.Retry()
	r.pass()
	r.wantStates("test applied, uat held, prod held")
	if !r.has("test", "routes/more") || r.has("uat", "routes/more") || r.has("prod-eu", "routes/more") {
		t.Error("the commit should run on test alone")
	}
}
