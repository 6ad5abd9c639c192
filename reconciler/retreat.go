package reconciler

import (
	"slices"

	"go.uber.org/zap"
)

// retryRollback tries a rollback again that a gateway out of reach keeps from its end, unless another commit may take its place: nobody
// waits for ever. What was put back so far stays then, and that commit is planned from what is live.
func (r *Reconciler) retryRollback(w *work, trouble string) outcome {
	if next := r.successor(w); next != "" {
		return r.giveUp(w, trouble+"; "+short(next)+" takes its place")
	}
	r.tellRollback(w, "; rolling back: "+trouble+", retrying")
	r.log.Warn("rollback can't be carried out now, will retry", zap.String("env", w.env.Name), zap.String("error", trouble))
	return outcome{retry: true}
}

// successor returns the commit that may take the place of the one that is rolled back: it could be begun at once. Empty: there is none.
func (r *Reconciler) successor(w *work) string {
	failed := w.memo.back.entry.Commit
	if failed == w.commit() || w.hasFaults() || w.paused || r.isShut(w) {
		return ""
	}
	next := w.commit()
	if w.every {
		next = r.nextAfter(w, failed)
	}
	if next == failed || r.waitsFor(w, next) != "" {
		return ""
	}
	if _, faults := r.desired(w); next == w.commit() && faults.HasErrors() {
		return ""
	}
	return next
}

// addedBy lists the groups that the commit under rollback has brought to the environment: no earlier commit says anything of them. All
// says that it was written to no other one.
func (r *Reconciler) addedBy(w *work) (added []string, all bool) {
	entry := w.memo.back.entry
	failed, ok := r.environmentAt(w.env.Name, entry.Commit)
	old, known := r.environmentAt(w.env.Name, entry.Restores)
	if !ok || !known {
		return nil, false
	}
	for _, group := range r.writtenSince(w, failed) {
		if !slices.Contains(old.env.Groups(), group) {
			added = append(added, group)
		}
	}
	return added, len(r.writtenSince(w, old)) == 0
}
