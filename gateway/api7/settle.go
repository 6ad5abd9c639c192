package api7

import (
	"context"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Settle is the barrier: it waits for the settle time, since the API documents no way to ask the instances, and so is never
// confirmed. After it the upstreams go that services have lost and that no route names any more. Errors are *gateway.Error.
func (g *Gateway) Settle(ctx context.Context, changed []gateway.Key) (confirmed bool, err error) {
	if len(changed) == 0 {
		return false, nil
	}
	if err := g.pause(ctx); err != nil {
		return false, err
	}
	return false, g.sweepAll(ctx)
}

// pause waits for the settle time.
func (g *Gateway) pause(ctx context.Context) error {
	if admin.Sleep(ctx, g.cfg.SettleTime) != nil {
		c := admin.Call{Op: "settle"}
		return c.Stopped(ctx).Error
	}
	return nil
}
