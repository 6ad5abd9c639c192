package reconciler_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/verify"
)

// verifier answers for waves as a test says. The zero value holds at once.
type verifier struct {
	mu     sync.Mutex
	faults diag.List
	answer func(wave string) string // what does not hold; empty: it holds
	blocks map[string]chan struct{} // by wave: what it waits for
	asked  []string                 // waves, with "proven" behind those that need no soak
	tells  func(wave string, tell func(string))
}

func waveName(w verify.Wave) string { return strings.Join(w.Groups, "+") }

func (v *verifier) Faults(verify.Wave) diag.List { return v.faults }

func (v *verifier) Verify(ctx context.Context, w verify.Wave, tell func(string)) verify.Report {
	name := waveName(w)
	v.mu.Lock()
	answer, block, tells := v.answer, v.blocks[name], v.tells
	asked := name
	if w.Proven {
		asked += " proven"
	}
	v.asked = append(v.asked, asked)
	v.mu.Unlock()
	if tells != nil {
		tells(name, tell)
	}
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
		}
	}
	if answer != nil {
		if what := answer(name); what != "" {
			return verify.Report{Checks: []verify.Check{{Kind: "probe", Name: "users", Text: what}}}
		}
	}
	return verify.Report{Checks: []verify.Check{{Kind: "probe", Name: "users", OK: true, Text: "200"}}}
}

// fails lets the waves of these groups fail; all others hold.
func (v *verifier) fails(waves ...string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answer = func(wave string) string {
		if slices.Contains(waves, wave) {
			return "502, want 200"
		}
		return ""
	}
}

// block lets the verification of a wave wait until what is returned is called.
func (v *verifier) block(wave string) (release func()) {
	v.release(wave)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.blocks == nil {
		v.blocks = map[string]chan struct{}{}
	}
	v.blocks[wave] = make(chan struct{})
	return func() { v.release(wave) }
}

// release lets what waits for a wave go on.
func (v *verifier) release(wave string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if gate := v.blocks[wave]; gate != nil {
		delete(v.blocks, wave)
		close(gate)
	}
}

// asks reports whether a wave is being verified, or was.
func (v *verifier) asks(wave string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Contains(v.asked, wave)
}

// taken returns the waves that were verified since the last call.
func (v *verifier) taken() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	asked := v.asked
	v.asked = nil
	return asked
}

// verifying gives every environment something to verify, and prod a rollout of the test's choice.
func verifying(prod string) string {
	return `
-- environments/test/environment.yaml --
extends: [base]
groups: [test]
vars: {domain: test.acme.example}
rollout: {verify: {health: true}}
-- environments/uat/environment.yaml --
extends: [base]
after: [test]
groups: [uat]
vars: {domain: uat.acme.example}
-- environments/prod/environment.yaml --
extends: [base]
after: [uat]
groups: [prod-eu, prod-us]
vars: {domain: acme.example}
rollout: {verify: {health: true}` + prod + "}\n"
}

// verified starts a rig whose environments verify.
func (r *rig) verified(prod string) *verifier {
	r.t.Helper()
	v := &verifier{}
	r.config.Verifier = v
	r.write(verifying(prod))
	r.commit("verify")
	r.restart()
	return v
}

// settle runs passes until nothing verifies any more and no other commit waits.
func (r *rig) settle() reconciler.Pass {
	r.t.Helper()
	for range 100 {
		pass := r.pass()
		if !pass.Verifying && (pass.Next == 0 || pass.Next > 10*time.Millisecond) {
			return pass
		}
		if err := r.Settled(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
	}
	r.t.Fatal("it never settles")
	return reconciler.Pass{}
}

// passUntil runs passes until something is so.
func (r *rig) passUntil(so func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("it never comes to that: %s", r.states())
		}
		r.pass()
	}
}

// route commits one route in base.
func (r *rig) route(name string) string {
	r.t.Helper()
	r.write("-- base/" + name + ".yaml --\nroutes:\n  " + name + ": {service_id: users, uri: /" + name + "}\n")
	return r.commit("add " + name)
}

func (r *rig) text(env string) string {
	status, _ := r.Status().Environment(env)
	return status.Text
}
