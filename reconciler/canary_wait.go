package reconciler

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/verify"
)

// lateness is how much longer than its time a step may take until its metrics have held for so long.
const lateness = time.Minute

// awaitStep lets a step stand for its time, in the background as a verification.
func (r *Reconciler) awaitStep(ctx context.Context, w *work, at, step int, s stepping) outcome {
	var groups, texts, services []string
	for _, p := range s.groups {
		course := w.courses[p.group.Name]
		groups = append(groups, p.group.Name)
		texts = append(texts, stepText(course, min(step, course.Steps())))
		services = append(services, course.Services()...)
	}
	asked, err := r.waveOf(w, groups)
	if err != nil {
		return outcome{err: err}
	}
	asked.Soaks = r.soaks(w)
	asked.Environment.Rollout = &environments.Rollout{Verify: stepRules(w.canaries(), services)}
	slices.Sort(texts)
	text := strings.Join(slices.Compact(texts), "; ")
	prefix := waveText(at, w.env.Waves) + " " + text
	r.showVerifying(w, prefix)
	v := r.startVerifying(ctx, w.commit(), at, asked, func(more string) { r.tell(w, record.Verifying, prefix+", "+more) })
	v.step, v.text = step, text
	w.memo.verification = v
	return outcome{verifying: true}
}

// stepRules is what must hold while services stand at a step, and for how long: the longest of their times.
func stepRules(canaries []environments.Canary, services []string) *environments.Verify {
	rules := &environments.Verify{}
	var longest time.Duration
	for _, c := range canaries {
		if !slices.Contains(services, c.Service) {
			continue
		}
		rules.Soak = max(rules.Soak, c.Every)
		rules.Metrics = append(rules.Metrics, c.Metrics...)
		for _, metric := range c.Metrics {
			longest = max(longest, metric.For)
		}
	}
	rules.Timeout = rules.Soak + longest + lateness
	return rules
}

// stepEnded notes that a step has stood its time, or takes the canary back when something did not hold. It reports whether the turn ends
// with that.
func (r *Reconciler) stepEnded(ctx context.Context, w *work, v *verification) (bool, outcome) {
	verified := w.memo.verified.of(v.commit)
	verified.checks = append(verified.checks, stepChecks(v)...)
	if check, failed := v.report.Failed(); failed {
		why := v.text + ": " + checkText(check)
		r.log.Error("canary does not hold", zap.String("commit", w.snapshot.Commit.Short()), zap.String("env", w.env.Name), zap.String("reason", why))
		return true, r.takeBack(ctx, w, why, why)
	}
	w.memo.stepped = stepped{v.commit, v.wave, v.step}
	return false, outcome{}
}

// hasHeldStep reports whether it was a step of a canary, and held: a newer commit may take its place before the next one.
func (v *verification) hasHeldStep() bool {
	_, failed := v.report.Failed()
	return v.step > 0 && !failed && !v.cut
}

// stepChecks are the checks of a step, each with the step that it was made at.
func stepChecks(v *verification) []record.Check {
	checks := checksOf(verify.Report{Checks: slices.Clone(v.report.Checks)})
	for i := range checks {
		checks[i].Text = strings.TrimSuffix(v.text+": "+checks[i].Text, ": ")
	}
	return checks
}
