package reconciler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// errUnlike says that every write was accepted and live is not as desired all the same.
var errUnlike = errors.New("live differs from what was written")

// readBack returns the digest of what is live now, in the terms of desired. Another digest than the desired one is an error:
// nothing counts as applied that is not seen to be there. What is said to be as it was is read whole.
func (p *Planner) readBack(ctx context.Context, w *work, g *groupPlan, whole bool) (string, error) {
	leave, err := p.room.enter(ctx, len(g.desired))
	if err != nil {
		return "", err
	}
	defer leave()
	seen, err := p.readWritten(ctx, w, g, whole)
	if err != nil {
		return "", fmt.Errorf("read back group %q: %w", g.group.Name, err)
	}
	seen, _ = overlay(seen, g.desired, w.env.Ignore)
	if g.partial && seen.Digest() == g.desired.Digest() {
		return "", nil // nobody has seen the whole
	}
	if digest := seen.Digest(); digest != g.digest {
		return digest, fmt.Errorf("read back group %q: %w: %s", g.group.Name, errUnlike, differing(g.desired, seen))
	}
	return g.digest, nil
}

// mostSingleReads is up to how many changed resources are read back one by one; beyond, one list of all is cheaper.
const mostSingleReads = 500

// readWritten returns the owned part of live after an apply. What the plan did not change was compared when it was made; only the
// rest is read again.
func (p *Planner) readWritten(ctx context.Context, w *work, g *groupPlan, whole bool) (gateway.State, error) {
	changes := g.plan.Changes()
	if whole || len(changes) > mostSingleReads {
		live, err := p.readLive(ctx, w.env.Name, g.group, g.desired)
		return owned(live, g), err
	}
	keys := make([]gateway.Key, 0, len(changes))
	for _, change := range changes {
		keys = append(keys, change.Key)
	}
	read, err := g.group.Gateway.Read(ctx, keys)
	if err != nil {
		return nil, err
	}
	defaults, err := g.group.Gateway.Defaults(ctx)
	if err != nil {
		return nil, err
	}
	seen := maps.Clone(g.desired)
	for _, key := range keys {
		delete(seen, key)
	}
	maps.Copy(seen, gateway.Align(g.desired, read, defaults))
	return seen, nil
}

// owned leaves out what Sluice has nothing to do with; what should be gone and is not stays in, and so is seen.
func owned(live gateway.State, p *groupPlan) gateway.State {
	seen := gateway.State{}
	for key := range p.desired {
		if resource, ok := live[key]; ok {
			seen[key] = resource
		}
	}
	for _, change := range p.plan.Changes() {
		if resource, ok := live[change.Key]; ok && change.Op == plan.Delete {
			seen[change.Key] = resource
		}
	}
	return seen
}

// differing names the first resources that are not as written, or still there.
func differing(desired, seen gateway.State) string {
	var names []string
	for key := range seen {
		if _, wanted := desired[key]; !wanted {
			names = append(names, key.String()+" (still there)")
		}
	}
	for key, want := range desired {
		if live, ok := seen[key]; !ok || !gateway.Equal(live.Spec, want.Spec) {
			names = append(names, key.String())
		}
	}
	slices.Sort(names)
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}
