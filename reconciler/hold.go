package reconciler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/record"
)

// refused says which guards stop the environment, or "" when none does or the commit gives leave.
func (r *Reconciler) refused(w *work, waves [][]*groupPlan) string {
	var texts []string
	for _, wave := range waves {
		for _, p := range wave {
			if p.err != nil || len(p.plan.Refusals) == 0 {
				continue
			}
			if r.allowed(w, p) {
				r.board.clearGroupError(w.env.Name, p.group.Name)
				continue
			}
			r.board.setGroupError(w.env.Name, p.group.Name, errors.New("held: guard "+p.plan.Refusals[0].Guard+": "+p.plan.Refusals[0].What))
			for _, refusal := range p.plan.Refusals {
				texts = append(texts, fmt.Sprintf("%s: guard %s: %s", p.group.Name, refusal.Guard, refusal.What))
			}
			texts = append(texts, "to allow it: "+p.plan.Allow(w.env.Name))
		}
	}
	return strings.Join(texts, "\n")
}

// newestMessages bounds how far back a leave may stand.
const newestMessages = 100

// allowed reports whether the commit, or one that came with it, gives leave to exactly this plan. The steps of a canary need none: the
// guards have seen where they lead to before the first.
func (r *Reconciler) allowed(w *work, p *groupPlan) bool {
	if p.plan.AllowedBy(w.snapshot.Commit.Message, w.env.Name) || w.step != nil || r.inSteps(w, p.group.Name) {
		return true
	}
	last, ok := r.past.LastApplied(w.env.Name, "")
	if !ok || last.Commit == w.commit() {
		return false
	}
	commits, err := r.config.History.Log(last.Commit, w.commit(), newestMessages)
	if err != nil {
		return false
	}
	for _, commit := range commits {
		if p.plan.AllowedBy(commit.Message, w.env.Name) {
			return true
		}
	}
	return false
}

// hold lets the environment stand still until a new commit.
func (r *Reconciler) hold(ctx context.Context, w *work, held string) outcome {
	text, _, _ := strings.Cut(held, "\n")
	if w.memo.state != record.Held {
		r.log.Warn("held by a guard", zap.String("commit", w.snapshot.Commit.Short()), zap.String("env", w.env.Name),
			zap.String("reason", held))
	}
	if w.keeping {
		return outcome{}
	}
	if err := r.close(w, record.Held, text, held); err != nil {
		return outcome{err: err}
	}
	return r.keep(ctx, w)
}

// isHeld reports whether the commit was held before.
func (r *Reconciler) isHeld(w *work) bool {
	last, ok := r.past.LastTurn(w.env.Name)
	return !w.keeping && ok && last.Commit == w.commit() && last.State == record.Held
}

// healFirst brings a held environment back to what it runs before the held commit is looked at again: what was lost from the
// gateway meanwhile must not pass for fewer deletes.
func (r *Reconciler) healFirst(ctx context.Context, w *work) error {
	r.keeper(w).checked = time.Time{}
	w.look = true
	return r.keep(ctx, w).err
}

// reportsDrift reports whether the environment wants to be told of drift rather than healed.
func (w *work) reportsDrift() bool { return w.paused || w.env.Drift == environments.Report }

// onlyReport reports whether there is nothing but drift to be told of. While an environment is paused, what is kept is written to no
// group, be it drift or what a commit left half done. A group that can't be read has nothing to tell.
func (r *Reconciler) onlyReport(w *work, waves [][]*groupPlan) bool {
	if !w.reportsDrift() {
		return false
	}
	found := w.paused && w.keeping
	for _, p := range slices.Concat(waves...) {
		if p.isNew() && !(w.paused && w.keeping) {
			return false
		}
		found = found || !p.plan.Empty()
	}
	return found
}

// reportDrift shows what was changed behind Git's back and leaves it.
func (r *Reconciler) reportDrift(ctx context.Context, w *work, waves [][]*groupPlan) outcome {
	report := &report{}
	for _, wave := range waves {
		for _, p := range wave {
			if p.err != nil {
				report.looksInVain(p.group.Name)
				r.troubled(w, p, report, p.err)
				continue
			}
			drifted := len(p.plan.Changes())
			r.board.setDrift(w.env.Name, p.group.Name, drifted)
			if drifted > 0 {
				r.log.Warn("drift", zap.String("env", w.env.Name), zap.String("group", p.group.Name), zap.Strings("keys", keys(p.plan)))
				r.tellDrift(w, record.Applied, fmt.Sprintf("drift on %s, reported only: %s", p.group.Name, strings.Join(keys(p.plan), ", ")))
			}
		}
	}
	if len(report.troubles) > 0 {
		return r.unfinished(ctx, w, report)
	}
	if w.keeping || w.memo.commit == w.commit() && w.memo.state.Final() {
		return outcome{}
	}
	return r.end(w, record.Unchanged, "nothing to change; live has drifted, which this environment only reports")
}

func keys(p plan.Plan) []string {
	var names []string
	for _, change := range p.Changes() {
		names = append(names, change.Key.String())
	}
	return names
}
