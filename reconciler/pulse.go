package reconciler

import (
	"context"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/gateway"
)

// DefaultPulse is the time between two looks whether the groups still have what they were given.
const DefaultPulse = 10 * time.Second

// pulse looks at one resource of each group again and again, until ctx ends. One that is gone wakes the loop: a gateway whose store was
// lost is filled again at once, and not at the drift interval.
func (r *Reconciler) pulse(ctx context.Context) {
	ticker := time.NewTicker(r.config.Pulse)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			r.lookForLost(ctx)
		case <-ctx.Done():
			return
		}
	}
}

func (r *Reconciler) lookForLost(ctx context.Context) {
	var running errgroup.Group
	running.SetLimit(groupsAtOnce)
	for _, m := range r.allMemos() {
		for group, key := range m.samples() {
			running.Go(func() error {
				if r.isGone(ctx, group, key) && r.stillHas(m, group, key) {
					r.isLost(m, group, key)
				}
				return nil
			})
		}
	}
	_ = running.Wait() // a gateway that does not answer has lost nothing
}

// isLost forgets what a group was seen to have, and lets the next pass look.
func (r *Reconciler) isLost(m *memo, group string, key gateway.Key) {
	r.log.Warn("a group has lost what it was given, looking at once", zap.String("group", group), zap.String("key", key.String()))
	m.saw(group, sight{})
	m.lost.Store(true)
	r.wakeUp()
}

// isGone reports whether a gateway says that it does not have a resource. One that says nothing has it.
func (r *Reconciler) isGone(ctx context.Context, group string, key gateway.Key) bool {
	read, err := r.groups[group].Gateway.Read(ctx, []gateway.Key{key})
	_, there := read[key]
	return err == nil && !there
}

// samples returns one resource of each group that was seen to be as desired: the same each time, so that one run is like another.
func (m *memo) samples() map[string]gateway.Key {
	m.mu.Lock()
	defer m.mu.Unlock()
	samples := map[string]gateway.Key{}
	for group, seen := range m.seen {
		for key := range seen.prints {
			if least, ok := samples[group]; !key.Temporary() && (!ok || key.Compare(least) < 0) {
				samples[group] = key
			}
		}
	}
	return samples
}

// stillHas reports whether a group is to have a resource now: what is written just then may be what takes it away.
func (r *Reconciler) stillHas(m *memo, group string, key gateway.Key) bool {
	return !r.written.now(group) && m.has(group, key)
}

// has reports whether a group is still to have a resource: nothing was written since the sample was taken that took it away.
func (m *memo) has(group string, key gateway.Key) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, seen := m.seen[group].prints[key]
	return seen
}

func (r *Reconciler) allMemos() []*memo {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*memo, 0, len(r.memos))
	for _, m := range r.memos {
		all = append(all, m)
	}
	return all
}

// wakeUp lets Run make a pass at once.
func (r *Reconciler) wakeUp() {
	select {
	case r.wake <- struct{}{}:
	default: // a pass is due already
	}
}
