package standalone

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway/admin"
)

// Heal gives the configuration back to the instances that lost it since they were last looked at. It costs a request of a few
// bytes for each, so that it may run every few seconds: an instance that restarted answers 404 to all traffic until then.
// What is live is not looked at anew: a document that somebody else put is left to the next Live or Write. Errors hold a
// *gateway.Error.
func (g *Gateway) Heal(ctx context.Context) error {
	giveBack, err := g.take(ctx, "look at configuration")
	if err != nil {
		return err
	}
	defer giveBack()
	if g.truth == nil || g.truth.digest == "" || g.cfg.NoRefill {
		return nil
	}
	return g.each(g.instances, func(i *instance) error {
		at, err := g.peek(ctx, i)
		if err != nil || at.configured {
			return err
		}
		return g.restore(ctx, i)
	})
}

// Watch heals every so often until ctx ends. An error is logged and does not end it; one that stays the same is logged once.
func (g *Gateway) Watch(ctx context.Context, every time.Duration) {
	last := ""
	for admin.Sleep(ctx, every) == nil {
		err := g.Heal(ctx)
		if err == nil || ctx.Err() != nil {
			last = ""
			continue
		}
		if text := err.Error(); text != last {
			last = text
			g.log.Warn("instance can't be looked after, will retry", zap.Error(err))
		}
	}
}
