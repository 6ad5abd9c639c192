package reconciler_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestALookTriesNothingAgain has a commit that was rolled back: a look heals drift, and only who asks for it applies the commit again.
func TestALookTriesNothingAgain(t *testing.T) {
	r, v, _, _ := badSecondWave(t)
	r.settle()
	r.config.DriftInterval = time.Hour
	r.restart()
	r.pass()
	r.wantStates("test applied, uat applied, prod rolled-back")
	v.taken()
	r.put("prod-us", "routes/users", byHand)
	r.pass()
	if !r.isByHand("prod-us") {
		t.Fatal("live was read long before the drift interval, though nobody asked for a look")
	}
	r.Look()
	r.settle()
	r.wantStates("test applied, uat applied, prod rolled-back")
	if r.isByHand("prod-us") || r.has("prod-us", "routes/bad") {
		t.Error("the look did not heal, or brought back what did not hold")
	}
	if asked := v.taken(); len(asked) > 0 {
		t.Errorf("the look verified again: %v", asked)
	}
}

// isByHand reports whether a group has the route that a person has put there.
func (r *rig) isByHand(group string) bool {
	r.t.Helper()
	return gateway.Equal(r.live(group)[gateway.Key{Kind: gateway.Routes, ID: "users"}].Spec["uri"], byHand["uri"])
}

// TestAnotherSecretTriesWhatTheLastOneFailedFor lets a gateway refuse one value of a secret: the same value is not sent again by a look,
// another one is.
func TestAnotherSecretTriesWhatTheLastOneFailedFor(t *testing.T) {
	r, s := newSecretRig(t, "")
	r.config.DriftInterval = time.Hour
	r.restart()
	r.pass()
	r.writes()
	r.faults["test"].set(func(req *http.Request) (int, string) {
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(body))
		if req.Method == http.MethodPut && bytes.Contains(body, []byte("alice-2")) {
			return http.StatusBadRequest, `{"error_msg":"too short"}`
		}
		return 0, ""
	})
	for _, step := range []struct {
		secret, want string
		puts         int
	}{
		{"canary-alice-2", "test failed, uat applied, prod applied", 1},
		{"canary-alice-2", "test failed, uat applied, prod applied", 0},
		{"canary-alice-3", "test applied, uat applied, prod applied", 1},
	} {
		s.set("alice", step.secret)
		r.Look()
		r.pass()
		r.wantStates(step.want)
		if puts := r.writes()["test"]; len(puts) != step.puts {
			t.Errorf("%s: writes %v, want %d", step.secret, puts, step.puts)
		}
	}
}
