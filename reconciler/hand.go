package reconciler

import (
	"context"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// Hand does the work at one gateway group in the place of a Reconciler, which decides and keeps the journal; a Worker is one. It must be
// safe for use by several goroutines at once. An error says that nobody did the work, or that nobody knows how far it came; it should
// be a *gateway.Error. What went wrong with the work itself is in the answers, which hold no value of the configuration.
type Hand interface {
	// Look compares the desired state of a group with live.
	Look(ctx context.Context, look Look) (Finding, error)
	// Settle waits until every instance has taken these resources.
	Settle(ctx context.Context, settle Settle) (Settled, error)
	// Carry carries out the plan of a look and reads back what it has written. When ctx ends it stops where an apply can stop.
	Carry(ctx context.Context, carry Carry) (Carried, error)
}

// Look asks for the plan of one group at one commit.
type Look struct {
	Environment string `json:"environment"`
	Group       string `json:"group"`
	Commit      string `json:"commit"`
	Leg         *Leg   `json:"leg,omitempty"` // where the desired state is a step on the way to the commit
	// Digest and Secrets are those of the desired state. Who comes to others must not go on.
	Digest  string `json:"digest"`
	Secrets string `json:"secrets"` // a keyed hash over their values; empty where there is no key
	// Known is the digest that live had when this group was last seen; empty: nothing is known, and all of live is to be read.
	Known       string `json:"known,omitempty"`
	Undoing     string `json:"undoing,omitempty"` // see work
	Keeping     bool   `json:"keeping,omitempty"`
	Partial     bool   `json:"partial,omitempty"`
	OnlyRotated bool   `json:"onlyRotated,omitempty"`
	Line        int64  `json:"line"` // how many lines of the journal must be known
}

// Leg is a step of a canary, between the states of two commits.
type Leg struct {
	From string `json:"from"`
	To   string `json:"to"`
	Step int    `json:"step"`
}

// Finding is what a look came to.
type Finding struct {
	Look    string       `json:"look"` // names it, for Carry
	Plan    plan.Outline `json:"plan"`
	Faults  diag.List    `json:"faults,omitempty"` // what the gateway would refuse
	Ignored []string     `json:"ignored,omitempty"`
	Rotated []string     `json:"rotated,omitempty"`
	Left    int          `json:"left,omitempty"`
	Seen    bool         `json:"seen,omitempty"`    // live was read
	Attempt string       `json:"attempt,omitempty"` // see Planner.attempt
	Failure *Failure     `json:"failure,omitempty"` // why there is no plan
}

// Settle names the resources that a barrier is for.
type Settle struct {
	Group string        `json:"group"`
	Keys  []gateway.Key `json:"keys"`
}

// Settled is what a barrier came to.
type Settled struct {
	Confirmed bool     `json:"confirmed,omitempty"`
	Failure   *Failure `json:"failure,omitempty"`
}

// Carry asks for a plan to be carried out.
type Carry struct {
	Group     string `json:"group"`
	Look      string `json:"look"` // the one that the plan comes from
	Plan      string `json:"plan"` // its digest
	Undrained bool   `json:"undrained,omitempty"`
	Whole     bool   `json:"whole,omitempty"` // all of live is to be read back
}

// Carried is what a plan that was carried out came to.
type Carried struct {
	Done      []DoneChange `json:"done,omitempty"`
	Confirmed bool         `json:"confirmed,omitempty"`
	Live      string       `json:"live,omitempty"` // the digest read back
	Failure   *Failure     `json:"failure,omitempty"`
}

// DoneChange is a change that was tried.
type DoneChange struct {
	Op     plan.Op       `json:"op"`
	Phase  plan.Phase    `json:"phase"`
	Key    gateway.Key   `json:"key"`
	Silent bool          `json:"silent,omitempty"` // it sent nothing
	Failed gateway.Class `json:"failed,omitempty"` // zero: it went through
}
