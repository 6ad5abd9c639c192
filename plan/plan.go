package plan

import (
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// Plan is the ordered difference desired − live for one gateway group. The zero value changes nothing.
type Plan struct {
	Steps    []Step    // carried out one after the other
	Warnings diag.List // what a person should know, and what stops nothing
	Refusals []Refusal // guards that tripped: the plan must not be applied unless it is allowed

	group string // that it is for; part of the digest

	outlined string // the digest of the whole plan, where this one is made from an Outline
}

// Step is a set of changes that do not depend on each other, save by kind: within a step, creates and updates go down the
// dependency order of kinds, deletes go up.
type Step struct {
	Phase   Phase
	Changes []Change
	// Barrier says that every instance must have taken the changes of this step before the next one begins.
	Barrier bool
}

// Phase is the place of a change in the order expand, switch, contract.
type Phase string

// The phases (docs/architecture.md). Expand makes what others refer to, switch moves the traffic, contract removes what nothing
// refers to any more.
const (
	Expand   Phase = "expand"
	Switch   Phase = "switch"
	Contract Phase = "contract"
)

// Op is what a change does. The zero value is not an operation.
type Op string

// The operations. An adopt writes like an update (or writes nothing, where the content is the same already) and makes
// Sluice the owner of a resource that existed before.
const (
	Create Op = "create"
	Update Op = "update"
	Delete Op = "delete"
	Adopt  Op = "adopt"
)

// Change is one create, update, delete or adopt.
type Change struct {
	Op     Op
	Phase  Phase
	Key    gateway.Key
	Old    *gateway.Resource // live; nil on create
	New    *gateway.Resource // desired; nil on delete
	Fields []Field           // what differs; on create and delete every top-level field
	// Needs names resources that must have been written before, beyond those that New refers to: the bridges that carry the
	// traffic which this change moves.
	Needs []gateway.Key
	// Why says what the change is for when the commit does not show it, as "holds the traffic of routes/a while it moves".
	Why string
	// Breaking says in short sentences what clients can notice of the change, as "no longer answers GET /users". Empty: nothing that
	// is known.
	Breaking []string
}

// Writes reports whether the change sends anything to the gateway: an adopt of what is the same already does not.
func (c Change) Writes() bool { return c.Op != Adopt || len(c.Fields) > 0 }

// Field is one value that a change sets, alters or removes.
type Field struct {
	Path gateway.Path
	Old  any // nil when the field is new
	New  any // nil when the field goes
	// From is the place in the config repo that decides the new value; zero where none does.
	From diag.Pos
}

// Refusal is a guard that tripped.
type Refusal struct {
	Guard string // "maxDeletes", "maxDeletePercent", "protect", "empty", "adopt", "foreign", "exposed", "identity-moves", "nodes", "breaking"
	What  string // what the plan would do
	Hint  string // how to go on
}

// Changes returns the changes of all steps in order.
func (p Plan) Changes() []Change {
	var all []Change
	for _, step := range p.Steps {
		all = append(all, step.Changes...)
	}
	return all
}

// Empty reports whether there is nothing to do.
func (p Plan) Empty() bool { return len(p.Steps) == 0 }
