package reconciler

import (
	"context"
	"crypto/sha256"
	"maps"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// sight is what a group was seen to have live: all that was desired, nothing of ours beyond it, and what is not ours. The zero
// value knows nothing. Of ours it holds prints, not bodies: a daemon has many groups.
type sight struct {
	digest  string
	prints  map[gateway.Key]print
	foreign gateway.State // what Sluice does not own
}

// mostForeign bounds how many resources of others are remembered. A group that has more is always read whole.
const mostForeign = 1000

// print stands for a body with its secrets.
type print [sha256.Size]byte

// see remembers what is live when a group is as desired.
func (p *Planner) see(g *groupPlan) sight {
	if g.group.Hand != nil { // it remembers the rest
		return sight{digest: g.digest, prints: sampleOf(g.desired)}
	}
	seen := sight{digest: g.digest, prints: make(map[gateway.Key]print, len(g.desired)), foreign: g.foreign}
	for key, resource := range g.desired {
		seen.prints[key] = gateway.Print(resource, p.printKey)
	}
	return seen
}

// sampleOf names the one resource that is looked for again and again.
func sampleOf(state gateway.State) map[gateway.Key]print {
	for _, key := range state.Keys() {
		if !key.Temporary() {
			return map[gateway.Key]print{key: {}}
		}
	}
	return nil
}

// foreignIn returns what others have there: what is live, and neither desired nor changed by the plan. It is never nil.
func foreignIn(live, desired gateway.State, plan plan.Plan) gateway.State {
	foreign := gateway.State{}
	for key, resource := range live {
		if _, ours := desired[key]; !ours {
			foreign[key] = resource
		}
	}
	for _, change := range plan.Changes() {
		delete(foreign, change.Key)
	}
	return foreign
}

// saw remembers what a group has live; the zero sight forgets it.
func (m *memo) saw(group string, seen sight) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[group] = seen
}

// forget forgets what all groups have live.
func (m *memo) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.seen)
}

func (m *memo) lastSight(group string) sight {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[group]
}

// readFor returns the live state of a group in the terms of desired. A group that was seen since the last look for drift is asked
// only for what the commit changes: the rest is as it was then. Otherwise everything is listed. So it is when a commit removes
// something: a delete needs a whole read, since what others have put there may need what goes.
func (p *Planner) readFor(ctx context.Context, w *work, group Group, desired gateway.State) (gateway.State, error) {
	if w.memo == nil || w.look {
		return p.readLive(ctx, w.env.Name, group, desired)
	}
	seen := w.memo.lastSight(group.Name)
	changed, whole := p.differs(seen, desired)
	if whole || len(changed) > mostSingleReads {
		return p.readLive(ctx, w.env.Name, group, desired)
	}
	return p.readChanged(ctx, w.env.Name, group, desired, seen.foreign, changed)
}

// readChanged reads these keys alone, and takes desired and what others have there for the rest.
func (p *Planner) readChanged(ctx context.Context, env string, group Group, desired, foreign gateway.State, changed []gateway.Key) (gateway.State, error) {
	read, err := group.Gateway.Read(ctx, changed)
	if err != nil {
		return nil, err
	}
	defaults, err := group.Gateway.Defaults(ctx)
	if err != nil {
		return nil, err
	}
	live := maps.Clone(foreign)
	maps.Copy(live, desired)
	for _, key := range changed {
		delete(live, key)
	}
	maps.Copy(live, gateway.Align(desired, p.sealSent(env, group.Name, read), defaults))
	return live, nil
}

// differs lists the keys in which what was seen and the desired state are not alike. Whole says that the list does not do.
func (p *Planner) differs(seen sight, desired gateway.State) (changed []gateway.Key, whole bool) {
	if seen.digest == "" || len(seen.foreign) > mostForeign {
		return nil, true
	}
	for key, next := range desired {
		if last, ok := seen.prints[key]; !ok || last != gateway.Print(next, p.printKey) {
			changed = append(changed, key)
		}
	}
	for key := range seen.prints {
		if _, ok := desired[key]; !ok {
			return nil, true
		}
	}
	return changed, false
}
