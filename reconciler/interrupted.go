package reconciler

import (
	"fmt"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/record"
)

// closeInterrupted gives an end to what a killed daemon had begun. The next pass plans afresh and carries on. A rollback stays open:
// the next pass carries it on as what it is.
func (r *Reconciler) closeInterrupted() error {
	for _, entry := range r.past.Interrupted() {
		if isBack(entry) {
			r.memo(entry.Environment).back = &rollback{entry: entry}
			continue
		}
		if err := r.config.Journal.Finish(interrupted(entry)); err != nil {
			return err
		}
		r.log.Warn("interrupted apply found, will carry on", zap.String("env", entry.Environment),
			zap.String("group", entry.Group), zap.String("commit", entry.Commit))
	}
	return nil
}

// interrupted is the end of an entry whose own end nobody knows.
func interrupted(entry record.Entry) record.Entry {
	entry.State = record.Failed
	entry.Error = "interrupted: the daemon stopped in the middle; the next pass carries on"
	entry.Finished = entry.Started
	return entry
}

// openRollback finds the rollback that another Reconciler over the same journal has begun, as before a reload.
func (r *Reconciler) openRollback(env string) error {
	last, ok := r.past.LastTurn(env)
	if r.memo(env).back != nil || !ok || !isBack(last) || last.State.Final() {
		return nil
	}
	entries, err := r.past.Entries(record.Filter{Environment: env, Commit: last.Commit})
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	for _, entry := range entries {
		if entry.ID == last.ID {
			r.memo(env).back = &rollback{entry: entry}
		}
	}
	return nil
}
