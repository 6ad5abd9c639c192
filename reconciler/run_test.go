package reconciler_test

import (
	"context"
	"testing"
	"time"
)

// TestRunGoesOnWhenAVerificationEnds has nobody who nudges: only the end of what is verified wakes the loop.
func TestRunGoesOnWhenAVerificationEnds(t *testing.T) {
	r := newRig(t)
	r.config.DriftInterval = time.Hour
	v := r.verified("")
	release := v.block("prod-eu")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx, nil) }()
	r.wantState("prod verifying")
	release()
	r.wantState("prod applied")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := r.Settled(t.Context()); err != nil {
		t.Error(err)
	}
}

// wantState polls for the state of one environment, while Run is under way.
func (r *rig) wantState(want string) {
	r.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		for _, env := range r.Status().Environments {
			if env.Name+" "+env.State == want {
				return
			}
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("states %s, want %s", r.states(), want)
		}
	}
}

func TestApplyWaitsForTheVerification(t *testing.T) {
	r := newRig(t)
	v := r.verified("")
	status, err := r.Apply(t.Context(), "test")
	if err != nil || status.State != "applied" {
		t.Errorf("%v, %+v", err, status)
	}
	v.fails("test")
	r.route("bad")
	status, err = r.Apply(t.Context(), "test")
	if err != nil || status.State != "failed" || status.Text != "probe users: 502, want 200" {
		t.Errorf("%v, %+v", err, status)
	}
}
