package insight_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/verify"
)

// waits is a verifier that soaks until it is told what came of it.
type waits struct {
	end  time.Time
	came chan verify.Report
}

func (*waits) Faults(verify.Wave) diag.List { return nil }

func (w *waits) Verify(ctx context.Context, wave verify.Wave, tell func(string)) verify.Report {
	if wave.Soaks != nil {
		wave.Soaks(w.end)
	}
	tell("soaking 1m of 10m")
	select {
	case report := <-w.came:
		return report
	case <-ctx.Done():
		return verify.Report{}
	}
}

// TestAVerificationIsFollowed looks at a commit while it soaks, when it has held, and at one that did not and was rolled back.
func TestAVerificationIsFollowed(t *testing.T) {
	r := newRig(t)
	w := &waits{end: time.Now().Add(10 * time.Minute).UTC(), came: make(chan verify.Report, 9)}
	r.verifier = w
	r.config.RevertURL = func(string) (string, bool) { return "https://forge/pulls/7", true }
	r.write("-- environments/test/environment.yaml --\nextends: [base]\ngroups: [test]\nvars: {domain: test.acme.example}\nrollout: {verify: {soak: 10m}, onFailure: rollback}\n")
	first := r.commit("Verify")
	r.restart()
	good := verify.Report{Checks: []verify.Check{{Kind: "probe", Name: "users", OK: true, Text: "200"}}}
	settle := func() {
		t.Helper()
		if err := r.Settled(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.pass()
	}
	r.pass()
	for !strings.Contains(r.turn("test", first).Text, "soaking") { // the verifier has another goroutine
		if t.Context().Err() != nil {
			t.Fatal("it never soaks")
		}
	}
	turn := r.turn("test", first)
	last := turn.Timeline[len(turn.Timeline)-1]
	if turn.State != "verifying" || !turn.Until.Equal(w.end) || !last.Now || !strings.Contains(last.Text, "soaking 1m of 10m") || kinds(turn) != "wait" {
		t.Errorf("while it soaks: %s until %s, %+v", turn.State, turn.Until, last)
	}
	w.came <- good
	settle()
	turn = r.turn("test", first)
	want(t, "when it has held", `
committed  Verify
planning  
applying test true 4 created, 0 updated, 0 deleted
verifying  test applied, soaking 1m of 10m
applied  true 4 created, 0 updated, 0 deleted on 1 group; verified
`, told(turn))
	if len(turn.Checks) != 1 || !turn.Checks[0].OK {
		t.Errorf("checks %+v", turn.Checks)
	}
	want(t, "after a restart", strings.NewReplacer("planning  \n", "", "verifying  test applied, soaking 1m of 10m", "verifying  true 1 check").Replace(told(turn)),
		told(turnOf(t, insight.New(r.config), "test", first)))

	r.edit("base/users.yaml", "count: 5", "count: 7")
	second := r.commit("Seven")
	w.came <- verify.Report{Checks: []verify.Check{{Kind: "probe", Name: "users", Text: "502, want 200"}}}
	w.came <- good // of what is put back
	r.pass()
	settle()
	settle()
	turn = r.turn("test", second)
	if turn.State != "rolled-back" || turn.Restores == nil || turn.Restores.Hash != first || turn.Applied.Hash != first || turn.Running ||
		kinds(turn) != "revert fix" || turn.Next[0].URL != "https://forge/pulls/7" || len(turn.Checks) == 0 || turn.Checks[0].OK {
		t.Errorf("rolled back: %s %+v %+v", turn.State, turn.Next, turn.Checks)
	}
	if o := r.model.Overview(0).Environments[0]; o.Target.Hash != second || o.Applied.Hash != first || o.State != "rolled-back" {
		t.Errorf("%+v", o)
	}
}

func turnOf(t *testing.T, m *insight.Model, env, commit string) insight.Turn {
	t.Helper()
	turn, err := m.Turn(t.Context(), env, commit)
	if err != nil {
		t.Fatal(err)
	}
	return turn
}
