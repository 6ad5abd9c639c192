package standalone

import (
	"context"
	"time"

	"github.com/sluice-gitops/sluice/gateway/admin"
)

// space waits until every one of these instances may be given another document. The stream proxy of an instance looks once a second
// whether the date of the document, in whole seconds, has changed: of two documents in one second it would miss the second.
func (g *Gateway) space(ctx context.Context, targets []*instance) error {
	var wait time.Duration
	for _, i := range targets {
		wait = max(wait, g.pause(i))
	}
	if wait <= 0 {
		return nil
	}
	if err := admin.Sleep(ctx, wait); err != nil {
		c := admin.Call{Op: "put configuration"}
		return c.Stopped(ctx).Error
	}
	return nil
}

// pause is how long an instance must still be left alone. Where another process wrote last, only the instance's clock tells
// when, and it is not trusted with more than one spacing.
func (g *Gateway) pause(i *instance) time.Duration {
	switch {
	case !i.wrote.IsZero():
		return time.Until(i.wrote.Add(g.cfg.Spacing))
	case i.mark.configured:
		return min(time.Until(time.Unix(i.mark.modified, 0).Add(g.cfg.Spacing)), g.cfg.Spacing)
	}
	return 0
}
