package standalone

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

const (
	settleLimit = 30 * time.Second // for the instances to take what was written
	settlePause = 50 * time.Millisecond
)

var errTooLate = errors.New("gave up after " + settleLimit.String())

// Settle is the barrier: it returns when every instance still has the document that was written last, says that it is ready
// where its status can be asked, and has taken the changed resources. An instance that restarted meanwhile is given the document
// again at once. That resources were taken is confirmed when all instances have a control API that shows them; otherwise the
// settle time passes and it is not. Errors hold a *gateway.Error, of class Moved when somebody else has put another document.
func (g *Gateway) Settle(ctx context.Context, changed []gateway.Key) (confirmed bool, err error) {
	giveBack, err := g.take(ctx, "settle")
	if err != nil {
		return false, err
	}
	defer giveBack()
	ctx, cancel := context.WithTimeoutCause(ctx, settleLimit+g.cfg.SettleTime, errTooLate)
	defer cancel()
	visible, all := visibleOf(changed)
	confirmed = all && !slices.ContainsFunc(g.instances, func(i *instance) bool { return i.ControlURL == "" || i.Workers <= 0 })
	for restarted := true; restarted; {
		if !confirmed && admin.Sleep(ctx, g.cfg.SettleTime) != nil {
			return false, stopped(ctx, "settle")
		}
		if restarted, err = g.stands(ctx); err != nil {
			return false, err
		}
	}
	return confirmed, g.shown(ctx, visible)
}

func stopped(ctx context.Context, op string) error {
	c := admin.Call{Op: op}
	return c.Stopped(ctx).Error
}

// stands checks that every instance has the truth and is ready, and whether one had to be given it again.
func (g *Gateway) stands(ctx context.Context) (restarted bool, err error) {
	if g.truth == nil {
		return false, nil
	}
	var again atomic.Bool
	err = g.each(g.instances, func(i *instance) error {
		at, err := g.peek(ctx, i)
		switch {
		case err != nil:
			return err
		case !at.configured:
			again.Store(true)
			err = g.restore(ctx, i)
		case at != i.mark:
			err = g.moved(i)
		}
		if err != nil {
			return err
		}
		return g.ready(ctx, i)
	})
	return again.Load(), err
}

// restore gives the truth to an instance that lost it. The instance has seen no document before, so that nothing needs spacing.
func (g *Gateway) restore(ctx context.Context, i *instance) error {
	i.lost()
	return g.again(ctx, i, g.truth, g.truth.encode(), g.truth.hidden())
}

// ready waits until the status of an instance says that every worker has a configuration.
func (g *Gateway) ready(ctx context.Context, i *instance) error {
	if i.StatusURL == "" {
		return nil
	}
	for {
		status, err := g.status(ctx, i)
		if err == nil && status == http.StatusOK {
			return nil
		}
		if admin.Sleep(ctx, settlePause) == nil {
			continue
		}
		reason := "not ready"
		if err != nil {
			reason = admin.WithoutURL(err)
		}
		c := admin.Call{Op: "settle on instance " + i.name}
		return c.Fail(gateway.Unreachable, status, reason+": "+context.Cause(ctx).Error(), ctx.Err()).Error
	}
}

func (g *Gateway) status(ctx context.Context, i *instance) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, i.StatusURL+"/status/ready", nil)
	if err != nil {
		return 0, err
	}
	client := &http.Client{Transport: g.cfg.Transport, CheckRedirect: admin.StayHere}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}
