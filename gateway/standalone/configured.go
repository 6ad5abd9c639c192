package standalone

import (
	"context"
	"errors"
	"slices"
)

// Configured returns nil when the instance with this Admin API, as the config named it, answers and has taken a configuration since it started. It
// changes nothing, asks once, and is safe for use by several goroutines at once.
func (g *Gateway) Configured(ctx context.Context, adminURL string) error {
	at := slices.IndexFunc(g.instances, func(i *instance) bool { return i.AdminURL == adminURL })
	if at < 0 {
		return errors.New("it is no instance of this group")
	}
	var has mark
	if f := g.client.Once(ctx, g.peeking(g.instances[at], &has)); f != nil {
		return f.Error
	}
	if !has.configured {
		return errors.New("it has no configuration: it answers every request with 404")
	}
	return nil
}
