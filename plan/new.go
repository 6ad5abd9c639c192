package plan

import (
	"slices"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/gateway"
)

// Policy says what a plan may do. The zero value owns what carries the ownership label, adopts nothing and has the default
// guards.
type Policy struct {
	// Group is the gateway group that the plan is for. It is part of the plan's digest: a leave for one group opens no other.
	Group string
	Guard Guard
	// Adopt lets the plan take over resources that exist and that Sluice does not own.
	Adopt bool
	// Empty lets the desired state be empty.
	Empty bool
	// DenyBreaking refuses plans of which clients can notice something.
	DenyBreaking bool
	// Inventory names owned resources that need not say so themselves: those of kinds without labels, and those whose label somebody
	// may have taken away.
	Inventory []gateway.Key
	// Sent reports whether a value that the gateway never shows again is known to be the one that was sent; nil: all are.
	Sent func(gateway.Key, gateway.SecretField) bool
}

// unsent lists the hidden values of a desired resource that the gateway may not have.
func (p Policy) unsent(next gateway.Resource) []Field {
	if p.Sent == nil {
		return nil
	}
	var list []Field
	for _, hidden := range gateway.Hidden(next) {
		if !p.Sent(next.Key, hidden) {
			list = append(list, Field{Path: hidden.Path, Old: gateway.UnresolvedSecret(""), New: hidden.Value, From: from(next, hidden.Path)})
		}
	}
	return list
}

// owned returns what reports whether a live resource belongs to Sluice.
func (p Policy) owned() func(gateway.Resource) bool {
	inventory := make(map[gateway.Key]bool, len(p.Inventory))
	for _, key := range p.Inventory {
		inventory[key] = true
	}
	return func(r gateway.Resource) bool { return inventory[r.Key] || r.Key.Kind.HasLabels() && r.Labelled() }
}

// New returns the ordered difference desired − live. Live must have gone through gateway.Align against desired: then what
// differs here differs for the gateway too. Neither state is changed. Two calls with equal states give equal plans.
func New(desired, live gateway.State, policy Policy) Plan {
	d := newDiff(desired, live, policy)
	breaking := d.breaking()
	tripped := slices.Concat(policy.Guard.check(d, policy), d.checkNodes(), checkBreaking(breaking, policy))
	d.checkNeighbours()
	steps := d.order()
	markBreaking(steps, breaking)
	return Plan{group: policy.Group, Steps: steps, Warnings: d.warnings.Sorted(), Refusals: append(d.refusals, tripped...)}
}

// diff holds the unordered difference while a plan is made.
type diff struct {
	desired, live gateway.State
	owns          func(gateway.Resource) bool
	creates       []Change
	updates       []Change // updates and adopts
	deletes       []Change
	owned         int           // live resources that Sluice owns
	foreigners    gateway.State // live resources that it does not own and that the plan does not adopt
	warnings      diag.List
	refusals      []Refusal
}

func newDiff(desired, live gateway.State, policy Policy) *diff {
	d := &diff{desired: desired, live: live, owns: policy.owned(), foreigners: gateway.State{}}
	for _, key := range desired.Keys() {
		d.want(key, policy)
	}
	for _, key := range live.Keys() {
		d.have(key, policy)
	}
	return d
}

// want looks at a desired resource:
//
//	live has none                  create
//	live differs, owned            update
//	live, not owned                adopt, whether it differs or not
//	live is the same, owned        nothing, unless it hides a value that was never sent
func (d *diff) want(key gateway.Key, policy Policy) {
	next := d.desired[key]
	live, exists := d.live[key]
	if !exists {
		d.creates = append(d.creates, Change{Op: Create, Key: key, New: &next, Fields: fields(nil, &next)})
		return
	}
	changed := fields(&live, &next)
	if len(changed) == 0 {
		changed = policy.unsent(next)
	}
	if !d.owns(live) {
		d.updates = append(d.updates, Change{Op: Adopt, Key: key, Old: &live, New: &next, Fields: changed})
	} else if len(changed) > 0 {
		d.updates = append(d.updates, Change{Op: Update, Key: key, Old: &live, New: &next, Fields: changed})
	}
}

// have looks at a live resource: owned and not desired, it goes.
func (d *diff) have(key gateway.Key, policy Policy) {
	live := d.live[key]
	if !d.owns(live) {
		if _, adopted := d.desired[key]; !adopted {
			d.foreigners[key] = live
			d.foreign(live)
		}
		return
	}
	why := ""
	if key.Temporary() {
		why = "was left by a pass that was cut off"
	} else {
		d.owned++
	}
	if _, wanted := d.desired[key]; !wanted {
		d.deletes = append(d.deletes, Change{Op: Delete, Key: key, Old: &live, Fields: fields(&live, nil), Why: why})
	}
}
