package reconciler

import (
	"context"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/trace"
)

// performance says how a plan is carried out.
type performance struct {
	commit    string            // in whose name the gateway is written
	undrained bool              // traffic has moved before
	whole     bool              // all of live is read back, not only what was written
	observe   func(apply.Event) // is told of each change; nil: nobody
}

// perform carries out a plan, and returns the digest of what is live then.
func (p *Planner) perform(ctx context.Context, w *work, g *groupPlan, how performance) (apply.Result, string, error) {
	result, err := p.putThrough(ctx, w, g, how)
	if err != nil {
		return result, "", err
	}
	reading, read := p.stage(ctx, StageRead, w.env.Name, trace.String("group", g.group.Name))
	live, err := p.readBack(reading, w, g, how.whole)
	read(err)
	return result, live, err
}
