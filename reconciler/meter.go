package reconciler

import (
	"context"
	"time"

	"github.com/sluice-gitops/sluice/apply"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/trace"
)

// Meter is told what the work costs and what it comes to, from several goroutines at once; metrics.Metrics is one. It must return soon.
type Meter interface {
	// Took says how long a stage took in an environment, "" for all of them, and how it ended.
	Took(stage, environment string, took time.Duration, err error)
	// Wrote says what happened while a gateway group was written.
	Wrote(environment, group string, event apply.Event)
	// Holds says what a gateway group was found or made to have. The state is shared and must not be changed.
	Holds(environment, group, digest string, state gateway.State)
}

// The stages that a Meter is told of.
const (
	StagePass   = "pass"   // all of a pass
	StageFetch  = "fetch"  // look at the followed branch; whoever looks tells of it
	StageLoad   = "load"   // read the layout and the policies of a commit
	StageRender = "render" // make the desired state of all groups of an environment
	StagePlan   = "plan"   // read live and compare, for all groups of an environment
	StageApply  = "apply"  // write one group, its barriers included
	StageRead   = "read"   // read one group back after the apply
	StageVerify = "verify" // one wave, the soak included
	StageRecord = "record" // one entry of the journal
)

// stage begins a stage: a span below that of ctx, and a time that is measured. The function that it returns ends both.
func (p *Planner) stage(ctx context.Context, name, env string, facts ...trace.Attribute) (context.Context, func(error)) {
	began := time.Now()
	ctx, span := trace.Start(ctx, name, facts...)
	return ctx, func(err error) {
		span.End(err)
		p.took(name, env, began, err)
	}
}

// Rendered counts what the renderer has done since the Planner was made. It may be called at any time.
func (p *Planner) Rendered() render.Stats { return p.renderer.Stats() }

func (p *Planner) took(stage, env string, began time.Time, err error) {
	if p.config.Meter != nil {
		p.config.Meter.Took(stage, env, time.Since(began), err)
	}
}
