package insight

import "github.com/sluice-gitops/sluice/plan"

// Plan is what a commit would do to the gateway groups of an environment as they are live.
type Plan struct {
	Environment string `json:"environment"` // its name
	Commit      Commit `json:"commit"`      // that would be applied
	// Why says why there is no plan, with every fault; empty when there is one.
	Why    string      `json:"why,omitempty"`
	Faults []Fault     `json:"faults,omitempty"` // those of Why, with their places
	Groups []GroupPlan `json:"groups"`           // in the order of the waves
	Page   Page        `json:"page"`             // of Groups
}

// GroupPlan is the plan for one gateway group.
type GroupPlan struct {
	Group       string                 `json:"group"`                 // its name
	Digest      string                 `json:"digest,omitempty"`      // of the desired state
	Summary     string                 `json:"summary,omitempty"`     // "2 to create, 1 to update, 0 to delete"
	Changes     []Change               `json:"changes"`               // in their order
	MoreChanges int                    `json:"moreChanges,omitempty"` // how many are left out
	Warnings    []string               `json:"warnings,omitempty"`    // what a person should know, and what stops nothing
	Faults      []Fault                `json:"faults,omitempty"`      // what the gateway would refuse: nothing would be written
	Refusals    []plan.RefusalDocument `json:"refusals,omitempty"`    // guards that tripped
	Allow       string                 `json:"allow,omitempty"`       // the commit trailer that lets the plan pass its guards
	Error       string                 `json:"error,omitempty"`       // why there is no plan
}

// Change is one change of a plan.
type Change struct {
	Op         plan.Op        `json:"op"`                   // what is done to the resource
	Phase      plan.Phase     `json:"phase"`                // when
	Step       int            `json:"step"`                 // from 1: every instance has taken the changes of a step before the next begins
	Kind       string         `json:"kind"`                 // as "routes"
	ID         string         `json:"id"`                   // among those of its kind
	Why        string         `json:"why,omitempty"`        // what it is for, where the commit does not show it
	Temporary  bool           `json:"temporary,omitempty"`  // it only stands on the way
	Breaking   []string       `json:"breaking,omitempty"`   // what clients can notice
	Fields     []ChangedField `json:"fields"`               // what differs; of a create or delete, every field at its top
	MoreFields int            `json:"moreFields,omitempty"` // how many are left out
}

// ChangedField is one value that a change sets, alters or removes.
type ChangedField struct {
	Path string `json:"path"` // as "plugins.limit-count.count"
	// Old and New are JSON values; nil where the field is new, or goes. A long one is cut to a text, see ValueBytes.
	Old  any    `json:"old,omitempty"`
	New  any    `json:"new,omitempty"`
	From *Place `json:"from,omitempty"` // what decides the new value; nil where nothing in the config repo does
}
