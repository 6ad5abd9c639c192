package apisix

import (
	"context"
	"errors"
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/gateway/control"
)

// Settle is the barrier: it returns when every instance has taken what was changed, in the order in which the writes were
// answered. It is confirmed when every instance has shown every kind, by its control API or by the sentinel, and is known to have
// so many workers. Otherwise it also waits for the settle time, and is not confirmed. An instance that hasn't taken a change by the
// settle limit is an error.
// Errors are *gateway.Error, one for each instance, joined.
func (g *Gateway) Settle(ctx context.Context, changed []gateway.Key) (confirmed bool, err error) {
	g.retire(ctx)
	p := g.proofOf(changed)
	nonces, err := g.renew(ctx, p.bySentinel)
	if refuses(err) {
		g.client.Log().Warn("sentinel can't be used", zap.Error(err))
		p.bySentinel, p.whole = nil, false
	} else if err != nil {
		return false, err
	}
	if !p.whole {
		if err := admin.Sleep(ctx, g.cfg.SettleTime); err != nil {
			c := admin.Call{Op: "settle"}
			return false, c.Stopped(ctx).Error
		}
	}
	var wanted []control.Expectation
	if len(p.byControl) > 0 {
		if wanted, err = g.expect(ctx, p.byControl); err != nil {
			return false, err
		}
	}
	var shut atomic.Bool
	if err = g.askAll(ctx, g.questions(wanted, nonces, &shut)); err != nil {
		g.mistrustSentinel()
		return false, err
	}
	if shut.Load() {
		return false, g.byTime(ctx, p.whole)
	}
	return p.whole, nil
}

// byTime ends a barrier at which the sentinel could not be asked: the settle time passes, unless it has passed already.
func (g *Gateway) byTime(ctx context.Context, wait bool) error {
	g.client.Log().Warn("sentinel can't be asked, barriers go by time", zap.Error(errShut))
	if !wait {
		return nil
	}
	if err := admin.Sleep(ctx, g.cfg.SettleTime); err != nil {
		c := admin.Call{Op: "settle"}
		return c.Stopped(ctx).Error
	}
	return nil
}

// refuses reports whether the gateway will not have what was written.
func refuses(err error) bool {
	var spoken *gateway.Error
	return errors.As(err, &spoken) && spoken.Class == gateway.Refused
}

// proof says how it can be shown that the instances have taken what was changed.
type proof struct {
	byControl  map[gateway.Kind][]gateway.Key // what the control API of some instance can show
	bySentinel map[gateway.Kind]bool          // what the sentinel must show, for some instance
	whole      bool                           // every kind can be shown for every worker of every instance
}

func (g *Gateway) proofOf(changed []gateway.Key) proof {
	p := proof{byControl: map[gateway.Kind][]gateway.Key{}, bySentinel: map[gateway.Kind]bool{}, whole: len(g.cfg.Instances) > 0}
	kinds := map[gateway.Kind][]gateway.Key{}
	for _, key := range changed {
		kinds[key.Kind] = append(kinds[key.Kind], key)
	}
	for kind, keys := range kinds {
		for _, instance := range g.cfg.Instances {
			switch {
			case instance.ControlURL != "" && control.Shows(kind):
				p.byControl[kind] = keys
			case g.watches(instance) && sentinelKind(kind):
				p.bySentinel[kind] = true
			default:
				p.whole = false
			}
		}
	}
	// An instance that nobody can ask has shown nothing, even when nothing was changed. And of one that has nobody knows how many
	// workers, some may not have been asked.
	for _, instance := range g.cfg.Instances {
		p.whole = p.whole && instance.Workers > 0 && (instance.ControlURL != "" || g.watches(instance))
	}
	return p
}
