package reconciler

import (
	"context"
	"fmt"
	"slices"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// rest is what an apply that did not come to its end left to wait for.
type rest struct {
	waited    bool // there was something
	confirmed bool // the instances said that they have taken it
	err       error
}

// settleRest makes the barrier good that an apply which was cut off or failed has owed since: what it wrote is live, but nobody knows
// whether every instance has taken it, and what comes next counts on that.
func (r *Reconciler) settleRest(ctx context.Context, w *work, p *groupPlan) rest {
	keys, err := r.owed(w.env.Name, p.group.Name)
	if err != nil || len(keys) == 0 {
		return rest{confirmed: true, err: err}
	}
	r.log.Info("waiting for what an earlier apply has left", zap.String("env", w.env.Name), zap.String("group", p.group.Name),
		zap.Int("keys", len(keys)))
	confirmed, err := r.settle(ctx, p.group, keys)
	if err != nil {
		err = fmt.Errorf("barrier for what an earlier apply has left: %w", err)
	}
	return rest{waited: true, confirmed: confirmed, err: err}
}

// owed lists what was written, or may have been, since the last apply that came to its end, however many have failed since: those
// that tried the same again do not repeat the list.
func (r *Reconciler) owed(environment, group string) ([]gateway.Key, error) {
	if last, ok := r.past.Last(environment, group); !ok || last.State != record.Failed {
		return nil, nil
	}
	const first = 16
	for limit := first; ; limit *= 4 {
		entries, err := r.past.Entries(record.Filter{Environment: environment, Group: group, Limit: limit})
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		ended := slices.IndexFunc(entries, func(e record.Entry) bool { return e.State != record.Failed })
		if ended >= 0 {
			return changedIn(entries[:ended]), nil
		}
		if len(entries) < limit {
			return changedIn(entries), nil
		}
	}
}

func changedIn(entries []record.Entry) []gateway.Key {
	var keys []gateway.Key
	for _, entry := range entries {
		for _, change := range entry.Changes {
			keys = append(keys, change.Key)
		}
	}
	return union(keys, nil)
}
