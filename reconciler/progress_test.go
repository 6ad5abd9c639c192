package reconciler_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/verify"
)

func (r *rig) env(name string) reconciler.EnvironmentStatus {
	r.t.Helper()
	env, ok := r.Status().Environment(name)
	if !ok {
		r.t.Fatalf("no environment %q", name)
	}
	return env
}

// TestTheStatusTellsTheLayout wants the order of stages and waves.
func TestTheStatusTellsTheLayout(t *testing.T) {
	r := newRig(t)
	r.pass()
	prod := r.env("prod")
	if got := fmt.Sprint(prod.After, prod.Groups[0].Wave, prod.Groups[1].Wave, r.env("test").After); got != "[uat] 1 2 []" {
		t.Error(got)
	}
	r.write("-- environments/prod/environment.yaml --\nextends: [base]\nafter: [test]\ngroups: [[prod-us, prod-eu]]\nvars: {domain: acme.example}\n")
	r.commit("one wave")
	r.pass()
	prod = r.env("prod")
	if got := fmt.Sprintf("%v %s %d %d", prod.After, prod.Groups[0].Name, prod.Groups[0].Wave, prod.Groups[1].Wave); got != "[test] prod-us 1 1" {
		t.Error(got)
	}
}

// TestSinceIsWhenAStateBegan: it stays while the state does, for that commit, and a restart knows it from the journal.
func TestSinceIsWhenAStateBegan(t *testing.T) {
	r := newRig(t)
	before := time.Now()
	r.pass()
	first := r.env("prod")
	if first.Since.Before(before) || first.Since.After(time.Now()) || !first.Until.IsZero() {
		t.Errorf("since %s, until %s", first.Since, first.Until)
	}
	r.pass()
	if again := r.env("prod"); !again.Since.Equal(first.Since) {
		t.Errorf("a pass with nothing to do: since %s, was %s", again.Since, first.Since)
	}
	r.restart()
	r.pass()
	if again := r.env("prod"); again.Since.Sub(first.Since).Abs() > time.Second {
		t.Errorf("after a restart: since %s, was %s", again.Since, first.Since)
	}
	r.route("new")
	r.pass()
	if next := r.env("prod"); !next.Since.After(first.Since) {
		t.Errorf("another commit: since %s, was %s", next.Since, first.Since)
	}
}

// TestUntilIsWhenAWindowOpens: and nothing is said once it is open.
func TestUntilIsWhenAWindowOpens(t *testing.T) {
	r, c := newRig(t), &clock{at: monday.Add(10 * time.Hour)}
	r.windowed(c, ", windows: [{allow: \"Mon-Thu 09:00-17:00\"}]")
	r.settle()
	c.at = monday.Add(30 * time.Hour) // Tuesday, 06:00
	r.route("night")
	r.settle()
	if env := r.env("prod"); env.State != "queued" || !env.Until.Equal(monday.Add(33*time.Hour)) {
		t.Errorf("%s until %s", env.State, env.Until)
	}
	c.at = monday.Add(34 * time.Hour)
	r.settle()
	if env := r.env("prod"); env.State != "applied" || !env.Until.IsZero() {
		t.Errorf("%s until %s", env.State, env.Until)
	}
}

// TestUntilIsTheNextTry: an environment whose gateway is out of reach says when it is asked again.
func TestUntilIsTheNextTry(t *testing.T) {
	r := newRig(t)
	r.faults["test"].set(func(*http.Request) (int, string) { return http.StatusServiceUnavailable, "" })
	before := time.Now()
	pass := r.pass()
	env := r.env("test")
	if wait := env.Until.Sub(before); env.State != "planning" || wait < pass.Next || wait > pass.Next+time.Since(before) {
		t.Errorf("%s until %s from now, and the next pass is in %s", env.State, wait, pass.Next)
	}
	r.faults["test"].set(nil)
	r.pass()
	if env := r.env("test"); !env.Until.IsZero() {
		t.Errorf("%s until %s", env.State, env.Until)
	}
}

// soaking is a verifier whose soaks end when it is told.
type soaking struct {
	end  time.Time
	told chan func(time.Time) // how the wave is told of its end
	hold chan struct{}
}

func (*soaking) Faults(verify.Wave) diag.List { return nil }

func (s *soaking) Verify(ctx context.Context, w verify.Wave, tell func(string)) verify.Report {
	w.Soaks(s.end)
	tell("soaking")
	s.told <- w.Soaks
	select {
	case <-s.hold:
	case <-ctx.Done():
	}
	return verify.Report{}
}

// TestUntilIsTheEndOfASoak: it is shown while texts change, taken back when the soak breaks off, and gone when the wave is verified.
func TestUntilIsTheEndOfASoak(t *testing.T) {
	r := newRig(t)
	r.write("-- environments/test/environment.yaml --\nextends: [base]\ngroups: [test]\nvars: {domain: test.acme.example}\nrollout: {verify: {soak: 1h}}\n")
	r.commit("soak")
	s := &soaking{end: time.Now().Add(time.Hour), told: make(chan func(time.Time), 1), hold: make(chan struct{})}
	r.config.Verifier = s
	r.restart()
	r.pass()
	soaks := <-s.told
	if env := r.env("test"); env.State != "verifying" || !env.Until.Equal(s.end) {
		t.Errorf("%s until %s, want %s", env.State, env.Until, s.end)
	}
	soaks(time.Time{})
	if env := r.env("test"); !env.Until.IsZero() {
		t.Errorf("the soak has broken off: until %s", env.Until)
	}
	close(s.hold)
	if err := r.Settled(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.pass()
	soaks(s.end) // too late
	if env := r.env("test"); env.State != "applied" || !env.Until.IsZero() {
		t.Errorf("%s until %s", env.State, env.Until)
	}
}
