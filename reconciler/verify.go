package reconciler

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/verify"
)

// progress is how far a commit has come in an environment. The zero value has come nowhere.
type progress struct {
	commit string
	waves  map[int]bool   // those that were verified
	checks []record.Check // what came of it
}

// of returns the progress of a commit: another one begins anew.
func (p *progress) of(commit string) *progress {
	if p.commit != commit {
		*p = progress{commit: commit, waves: map[int]bool{}}
	}
	return p
}

// verifies reports whether the environment wants more than that the gateways took the commit.
func (w *work) verifies() bool { return w.env.Rollout != nil && w.env.Rollout.Verify != nil }

// verifyFaults finds what is wrong with what is to be verified, before anything is written. What runs is kept whatever is wrong with it.
func (p *Planner) verifyFaults(w *work) diag.List {
	if !w.verifies() && len(w.canaries()) == 0 || w.keeping || w.undoing != "" {
		return nil
	}
	if p.config.Verifier == nil {
		return diag.List{diag.Errorf(w.env.Rollout.Pos, "no-verifier", "nothing here can verify what %s wants verified", w.env.Name).
			WithHint("roll this environment out with a program that verifies, or take verify and canary out of its rollout")}
	}
	wave, err := p.waveOf(w, w.env.Groups())
	if err != nil {
		return diag.List{diag.Errorf(diag.Pos{}, "unreadable-commit", "%v", err)}
	}
	return p.config.Verifier.Faults(wave)
}

func (p *Planner) waveOf(w *work, groups []string) (verify.Wave, error) {
	fsys, err := p.root(w.snapshot)
	return verify.Wave{FS: fsys, Tree: w.tree, Environment: w.env, Groups: groups, Renderer: p.renderer}, err
}

// verifyWave begins to verify a wave that was written, or that still owes it. It reports whether the next wave may open at once.
func (r *Reconciler) verifyWave(ctx context.Context, w *work, at int, wave []*groupPlan) (bool, outcome) {
	m := w.memo
	if w.keeping || !w.verifies() || m.verified.of(w.commit()).waves[at] {
		return true, outcome{}
	}
	if owes, err := r.owes(w, wave); !owes || err != nil {
		return err == nil, outcome{err: err}
	}
	asked, err := r.waveOf(w, w.env.Waves[at])
	if err != nil {
		return false, outcome{err: err}
	}
	asked.Proven, asked.Soaks = r.proven(w, wave), r.soaks(w)
	prefix := waveText(at, w.env.Waves) + " applied, "
	r.showVerifying(w, prefix+"verifying")
	m.verification = r.startVerifying(ctx, w.commit(), at, asked, func(text string) { r.tell(w, record.Verifying, prefix+text) })
	return false, outcome{verifying: true}
}

// soaks returns what shows when a soak ends.
func (r *Reconciler) soaks(w *work) func(end time.Time) {
	return func(end time.Time) { r.board.setUntil(w.env.Name, w.commit(), record.Verifying, end) }
}

func (r *Reconciler) showVerifying(w *work, text string) {
	w.memo.commit, w.memo.state, w.memo.retry = w.commit(), record.Verifying, false
	r.tell(w, record.Verifying, text)
}

// waveText says which wave it is, as "wave 1/2: prod-canary".
func waveText(at int, waves [][]string) string {
	names := strings.Join(waves[at], ", ")
	if len(waves[at]) > 3 {
		names = plural(len(waves[at]), "group")
	}
	if len(waves) == 1 {
		return names
	}
	return fmt.Sprintf("wave %d/%d: %s", at+1, len(waves), names)
}

// underVerification looks at the verification of the environment. It reports whether the turn ends with that.
func (r *Reconciler) underVerification(ctx context.Context, w *work) (bool, outcome) {
	v := w.memo.verification
	if v == nil {
		return false, outcome{}
	}
	if !v.ended() {
		w.standing = true
		kept := r.keep(ctx, w)
		kept.verifying = true
		return true, kept
	}
	w.memo.verification, w.goOn = nil, true
	if v.cut {
		return false, outcome{}
	}
	if v.step > 0 {
		return r.stepEnded(ctx, w, v)
	}
	verified := w.memo.verified.of(v.commit)
	verified.checks = append(verified.checks, checksOf(v.report)...)
	if check, failed := v.report.Failed(); failed {
		return true, r.notVerified(ctx, w, checkText(check))
	}
	verified.waves[v.wave] = true
	return false, outcome{}
}

// notVerified ends a commit that was applied and does not hold.
func (r *Reconciler) notVerified(ctx context.Context, w *work, why string) outcome {
	r.log.Error("not verified", zap.String("commit", w.snapshot.Commit.Short()), zap.String("env", w.env.Name), zap.String("reason", why))
	if w.rollsBack() {
		return r.beginRollback(ctx, w, why, why)
	}
	return r.standAt(ctx, w, why, why)
}

// standAt ends a commit that was written and is not to be gone on with: what was applied stays.
func (r *Reconciler) standAt(ctx context.Context, w *work, text, detail string) outcome {
	w.reason, w.standing = "verify", true
	if err := r.close(w, record.Failed, text, detail); err != nil {
		return outcome{err: err}
	}
	return r.keep(ctx, w)
}

// standsStill reports whether the commit was applied here and did not hold: nothing more is done for it until somebody asks.
func (r *Reconciler) standsStill(w *work) bool {
	last, ok := r.past.LastTurn(w.env.Name)
	if w.again {
		w.memo.asked = w.commit()
	}
	if !ok || last.Commit != w.commit() || w.keeping || w.memo.asked == w.commit() {
		return false
	}
	return last.State == record.RolledBack || last.State == record.Failed && last.Reason == "verify"
}

// stand shows what the commit came to, and keeps every group at what it runs.
func (r *Reconciler) stand(ctx context.Context, w *work) outcome {
	last, _ := r.past.LastTurn(w.env.Name)
	w.memo.commit, w.memo.state, w.memo.retry = w.commit(), last.State, false
	r.board.setEnvironment(w.env.Name, w.commit(), last.State, last.Text, last.Error)
	w.standing = true
	return r.keep(ctx, w)
}

// proven reports whether every group of a wave has a state that was verified before.
func (r *Reconciler) proven(w *work, wave []*groupPlan) bool {
	for _, p := range wave {
		if _, ok := r.past.Verified(w.env.Name, p.group.Name, p.digest); !ok || p.unignored {
			return false
		}
	}
	return true
}

// owes reports whether a group of the wave was written by the commit, or by one that was never verified.
func (r *Reconciler) owes(w *work, wave []*groupPlan) (bool, error) {
	for _, p := range wave {
		if _, owes, err := r.unverified(w.env.Name, p.group.Name); owes || err != nil {
			return owes, err
		}
	}
	return false, nil
}

func checksOf(report verify.Report) []record.Check {
	checks := make([]record.Check, 0, len(report.Checks))
	for _, check := range report.Checks {
		checks = append(checks, record.Check(check))
	}
	return checks
}

// checkText says what does not hold, as "probe users: 502, want 200".
func checkText(check verify.Check) string {
	what := check.Kind
	if name := strings.TrimSpace(check.Group + " " + check.Name); name != "" {
		what += " " + name
	}
	return what + ": " + cmp.Or(check.Text, "does not hold")
}

// heldText adds to what was done that it was verified.
func (w *work) heldText(text string) string {
	if len(w.memo.verified.of(w.commit()).checks) == 0 {
		return text
	}
	return text + "; verified"
}
