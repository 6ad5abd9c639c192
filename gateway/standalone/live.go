package standalone

import (
	"context"
	"errors"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// Live reads everything, what others have put there included. Every instance is asked; what the newest document says is live, one that
// Sluice has made before one that it has not,
// and an instance that restarted empty or has an older document is given the newest again, which changes nothing that is
// live. Where every instance restarted empty, they are given what this Gateway knew last, what others have put there included; Live is
// empty only when no instance has anything and none is known to have had. An instance that can't be asked or brought up to date is an error;
// those that restarted empty are given the newest document of the others all the same. Errors hold a *gateway.Error.
func (g *Gateway) Live(ctx context.Context) (gateway.State, error) {
	giveBack, err := g.take(ctx, "read configuration")
	if err != nil {
		return nil, err
	}
	defer giveBack()
	if err := g.catchUp(ctx); err != nil {
		return nil, err
	}
	g.stale = nil
	return g.stateOf(g.held())
}

// catchUp looks at every instance and gives it the newest document.
func (g *Gateway) catchUp(ctx context.Context) error {
	err := g.survey(ctx)
	switch {
	case g.cfg.NoRefill:
		return err
	case err != nil:
		return errors.Join(err, g.rescue(ctx))
	}
	return g.mend(ctx)
}

// rescue fills the empty instances although some can't be asked: old configuration is better than none, and they have nothing
// that it could overwrite.
func (g *Gateway) rescue(ctx context.Context) error {
	if g.truth == nil || g.truth.digest == "" {
		return nil
	}
	empty := slices.DeleteFunc(g.behind(g.truth), func(i *instance) bool { return i.mark.configured })
	if len(empty) == 0 {
		return nil
	}
	return g.refill(ctx, g.truth, empty)
}

// stateOf is empty for no document.
func (g *Gateway) stateOf(d *document) (gateway.State, error) {
	if d == nil {
		return gateway.State{}, nil
	}
	state, err := d.state()
	if err != nil {
		c := g.instances[0].call("read configuration", "")
		return nil, c.Fail(gateway.Unreachable, 0, err.Error(), err).Error
	}
	return state, nil
}

// Read reads only these keys; what isn't there is not in the state. It gives no instance anything. Errors hold a
// *gateway.Error.
func (g *Gateway) Read(ctx context.Context, keys []gateway.Key) (gateway.State, error) {
	giveBack, err := g.take(ctx, "read configuration")
	if err != nil {
		return nil, err
	}
	defer giveBack()
	if err := g.survey(ctx); err != nil {
		return nil, err
	}
	g.stale = nil
	if g.held() == nil {
		return gateway.State{}, nil
	}
	return g.stateOf(g.truth.only(keys))
}
