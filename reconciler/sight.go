package reconciler

import (
	"context"
	"crypto/sha256"
	"maps"

	"github.com/sluice-gitops/sluice/gateway"
)

// sight is what a group was seen to have live: all that was desired, nothing of ours beyond it. The zero value knows nothing. It
// holds prints, not bodies: a daemon has many groups.
type sight struct {
	digest string
	prints map[gateway.Key]print
}

// print stands for a body with its secrets.
type print [sha256.Size]byte

// see takes the prints of what is live.
func (p *Planner) see(digest string, state gateway.State) sight {
	seen := sight{digest: digest, prints: make(map[gateway.Key]print, len(state))}
	for key, resource := range state {
		seen.prints[key] = gateway.Print(resource, p.printKey)
	}
	return seen
}

// saw remembers what a group has live; the zero sight forgets it.
func (m *memo) saw(group string, seen sight) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[group] = seen
}

func (m *memo) lastSight(group string) sight {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[group]
}

// live returns the live state of a group in the terms of desired. A group that was seen since the last look for drift is asked only
// for what the commit changes: the rest is as it was desired then. Otherwise everything is listed.
func (p *Planner) live(ctx context.Context, w *work, group Group, desired gateway.State) (gateway.State, error) {
	if w.memo != nil && !w.look {
		if seen := w.memo.lastSight(group.Name); seen.digest != "" {
			if changed := p.differs(seen, desired); len(changed) <= mostSingleReads {
				return p.readChanged(ctx, w.env.Name, group, desired, changed)
			}
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

// differs lists the keys in which what was seen and the desired state are not alike.
func (p *Planner) differs(seen sight, desired gateway.State) []gateway.Key {
	var keys []gateway.Key
	for key, next := range desired {
		if last, ok := seen.prints[key]; !ok || last != gateway.Print(next, p.printKey) {
			keys = append(keys, key)
		}
	}
	for key := range seen.prints {
		if _, ok := desired[key]; !ok {
			keys = append(keys, key)
		}
	}
	return keys
}
