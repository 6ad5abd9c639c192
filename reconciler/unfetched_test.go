package reconciler_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/source"
)

// listed is a remote that lists its newest commit and does not hand it out.
type listed struct{ reconciler.Source }

func (listed) Latest(context.Context) (source.Snapshot, error) {
	return source.Snapshot{}, errors.New("fetch: unexpected end of the pack")
}

// TestACommitThatCanNotBeFetchedKeepsNoOtherWaiting pushes a commit that can't be had while prod has not got the one before.
func TestACommitThatCanNotBeFetchedKeepsNoOtherWaiting(t *testing.T) {
	r := newRig(t)
	r.faults["prod-eu"].set(down)
	r.pass()
	r.wantStates("test applied, uat applied, prod planning")
	r.config.Source = listed{r.source}
	var err error
	if r.Reconciler, err = reconciler.New(r.config); err != nil {
		t.Fatal(err)
	}
	r.route("newer")
	r.faults["prod-eu"].set(nil)
	for range 2 {
		pass, err := r.Once(t.Context())
		if err == nil || pass.Next < time.Second {
			t.Errorf("error %v, and the next pass in %v", err, pass.Next)
		}
	}
	r.wantStates("test applied, uat applied, prod applied")
}

// TestARestartWithoutTheRemoteKnowsWhatWaits restarts while the remote is out of reach and the newest commit, which pauses an environment, has
// no entry: drift there is told and not healed.
func TestARestartWithoutTheRemoteKnowsWhatWaits(t *testing.T) {
	r := newRig(t)
	r.config.Statuses = true
	r.restart()
	r.pass()
	r.write("-- environments/test/environment.yaml --\nextends: [base]\ngroups: [test]\nvars: {domain: test.acme.example}\npaused: {reason: we look}\n")
	r.route("later")
	r.pass()
	r.wantStates("test queued, uat queued, prod queued")
	r.put("test", "routes/users", byHand)
	r.writes()
	r.hide()
	r.restart()
	if _, err := r.Once(t.Context()); err == nil {
		t.Fatal("the remote is there")
	}
	if writes := r.writes(); len(writes) > 0 {
		t.Errorf("written to what is paused: %v", writes)
	}
	r.wantStates("test queued, uat queued, prod queued")
}
