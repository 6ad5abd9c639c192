package insight

import (
	"context"

	"github.com/sluice-gitops/sluice/record"
)

// elsewhere tells what the commit has come to in the other environments: by the status where that speaks of it, else by the journal.
func (r *turnReader) elsewhere(ctx context.Context) ([]TurnElsewhere, error) {
	var all []TurnElsewhere
	for _, env := range r.status.Environments {
		if env.Name == r.env.Name {
			continue
		}
		one := TurnElsewhere{Environment: env.Name, Running: env.Applied == r.hash, Target: env.Target == r.hash}
		if one.State = env.State; !one.Target {
			end, _, err := r.m.newest(ctx, record.Filter{Environment: env.Name, Commit: r.hash, Whole: true}, func(e record.Entry) bool { return e.State.Final() })
			if err != nil {
				return nil, err
			}
			one.State = string(end.State)
		}
		all = append(all, one)
	}
	return all, nil
}
