package plan

import (
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// Outline is a plan without its bodies: what it would do and what stands against it, for a process that decides and does not write. It
// holds no value of a resource, and is the same after a way through JSON.
type Outline struct {
	Digest   string        `json:"digest"` // of the plan
	Steps    []OutlineStep `json:"steps,omitempty"`
	Warnings diag.List     `json:"warnings,omitempty"`
	Refusals []Refusal     `json:"refusals,omitempty"`
}

// OutlineStep is a step of an Outline.
type OutlineStep struct {
	Phase   Phase           `json:"phase"`
	Changes []OutlineChange `json:"changes"`
}

// OutlineChange is a change of an Outline.
type OutlineChange struct {
	Op       Op          `json:"op"`
	Key      gateway.Key `json:"key"`
	Silent   bool        `json:"silent,omitempty"` // it sends nothing to the gateway
	Breaking []string    `json:"breaking,omitempty"`
}

// Outline leaves the bodies out of p.
func (p Plan) Outline() Outline {
	outline := Outline{Digest: p.Digest(), Warnings: p.Warnings, Refusals: p.Refusals}
	for _, step := range p.Steps {
		short := OutlineStep{Phase: step.Phase}
		for _, change := range step.Changes {
			short.Changes = append(short.Changes, OutlineChange{change.Op, change.Key, !change.Writes(), change.Breaking})
		}
		outline.Steps = append(outline.Steps, short)
	}
	return outline
}

// Plan returns a plan that answers as the whole one does when it is asked for its digest, its counts, its guards and its keys. It has
// no bodies and can't be applied.
func (o Outline) Plan() Plan {
	p := Plan{Warnings: o.Warnings, Refusals: o.Refusals, outlined: o.Digest}
	for _, short := range o.Steps {
		step := Step{Phase: short.Phase}
		for _, change := range short.Changes {
			step.Changes = append(step.Changes, change.change(short.Phase))
		}
		p.Steps = append(p.Steps, step)
	}
	return p
}

func (o OutlineChange) change(phase Phase) Change {
	change := Change{Op: o.Op, Phase: phase, Key: o.Key, Breaking: o.Breaking}
	if !o.Silent && o.Op == Adopt {
		change.Fields = []Field{{}} // it differs in something
	}
	return change
}
