package reconciler

import (
	"context"
	"fmt"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
	"github.com/sluice-gitops/sluice/source"
)

// Compared is a gateway group as a commit wants it, and as it is.
type Compared struct {
	Desired gateway.State // with the fields that drift.ignore names as they are live
	Live    gateway.State // in the terms of Desired, whole
	Plan    plan.Plan     // from Live to Desired
	Ignored []string      // those fields, as GroupStatus has them
}

// Compare reads all that one gateway group has live and holds it against what a commit wants of it. It asks the gateway for nothing
// else and writes nothing. The error is a diag.List when the commit has faults there; what can't be read is an error, and never empty.
func (p *Planner) Compare(ctx context.Context, snapshot source.Snapshot, tree environments.Tree, name, groupName string) (Compared, error) {
	env, ok := tree.Find(name)
	if !ok {
		return Compared{}, fmt.Errorf("no environment %q in commit %s", name, snapshot.Commit.Short())
	}
	desired, err := p.desiredOf(snapshot, tree, env, groupName)
	if err != nil {
		return Compared{}, err
	}
	leave, err := p.room.enter(ctx, len(desired))
	if err != nil {
		return Compared{}, err
	}
	defer leave()
	live, err := p.readLive(ctx, name, p.groups[groupName], desired)
	if err != nil {
		return Compared{}, fmt.Errorf("read live of group %q: %w", groupName, err)
	}
	policy := p.policy(&work{env: env}, groupName)
	wanted, ignored := overlay(desired, live, env.Ignore)
	return Compared{Desired: wanted, Live: live, Plan: plan.New(wanted, live, policy), Ignored: ignored}, nil
}

// desiredOf renders one gateway group.
func (p *Planner) desiredOf(snapshot source.Snapshot, tree environments.Tree, env environments.Environment, group string) (gateway.State, error) {
	alone := env
	alone.Waves = [][]string{{group}}
	if err := diag.List(p.groupFaults(alone)).Err(); err != nil {
		return nil, err
	}
	fsys, err := p.root(snapshot)
	if err != nil {
		return nil, err
	}
	state, found := p.renderer.Render(fsys, tree, env, group, p.config.Values)
	return state, found.Err()
}
