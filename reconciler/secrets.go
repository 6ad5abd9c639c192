package reconciler

import (
	"context"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/record"
)

// mayPass reports whether nothing stands against a commit but secrets that are out of reach.
func mayPass(faults diag.List) bool {
	for _, fault := range faults {
		if fault.Severity == diag.Error && fault.Code != "unreachable-secret" {
			return false
		}
	}
	return faults.HasErrors()
}

// waitForSecrets lets an environment wait until what holds its secrets answers again: that is no fault of the commit.
func (r *Reconciler) waitForSecrets(ctx context.Context, w *work, faults diag.List) outcome {
	w.standing = true
	text := firstLine(faults)
	w.memo.commit, w.memo.state, w.memo.retry = w.commit(), record.Planning, true
	r.tell(w, record.Planning, text+", retrying")
	r.log.Warn("secrets out of reach, will retry", zap.String("env", w.env.Name), zap.String("error", text))
	kept := r.keep(ctx, w)
	kept.retry = true
	return kept
}
