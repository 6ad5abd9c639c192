package reconciler

import (
	"context"
	"maps"

	"github.com/sluice-gitops/sluice/gateway"
)

// sight is what a group was seen to have live: all that was desired, nothing of ours beyond it. The zero value knows nothing.
type sight struct {
	digest string
	state  gateway.State
}

// saw remembers what a group has live; the zero sight forgets it.
func (m *memo) saw(group string, seen sight) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[group] = seen
}

func (m *memo) sightOf(group string) sight {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[group]
}

// live returns the live state of a group in the terms of desired. A group that was seen since the last look for drift is asked only
// for what the commit changes: the rest is as it was desired then. Otherwise everything is listed.
func (p *Planner) live(ctx context.Context, w *work, group Group, desired gateway.State) (gateway.State, error) {
	if w.memo != nil && !w.look {
		seen := w.memo.sightOf(group.Name)
		if changed := differingKeys(seen.state, desired); seen.digest != "" && len(changed) <= mostSingleReads {
			return p.readChanged(ctx, w.env.Name, group, desired, changed)
		}
	}
	return p.readLive(ctx, w.env.Name, group, desired)
}

// readChanged reads these keys alone, and takes desired for the rest.
func (p *Planner) readChanged(ctx context.Context, env string, group Group, desired gateway.State, changed []gateway.Key) (gateway.State, error) {
	read, err := group.Gateway.Read(ctx, changed)
	if err != nil {
		return nil, err
	}
	defaults, err := group.Gateway.Defaults(ctx)
	if err != nil {
		return nil, err
	}
	live := maps.Clone(desired)
	for _, key := range changed {
		delete(live, key)
	}
	maps.Copy(live, gateway.Align(desired, p.sealSent(env, group.Name, read), defaults))
	return live, nil
}

// differingKeys lists what two states do not have alike.
func differingKeys(before, after gateway.State) []gateway.Key {
	var keys []gateway.Key
	for key, next := range after {
		if last, ok := before[key]; !ok || !gateway.Equal(last.Spec, next.Spec) {
			keys = append(keys, key)
		}
	}
	for key := range before {
		if _, ok := after[key]; !ok {
			keys = append(keys, key)
		}
	}
	return keys
}
