package apisix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/gateway/control"
)

// asking is a question to every worker of one instance.
type asking struct {
	address  string
	workers  int
	question control.Question
}

// questions returns what is asked of whom.
func (g *Gateway) questions(wanted []control.Expectation, nonces map[gateway.Kind]string, shut *atomic.Bool) []asking {
	var all []asking
	for _, instance := range g.cfg.Instances {
		if instance.ControlURL != "" && len(wanted) > 0 {
			all = append(all, asking{instance.ControlURL, instance.Workers, func(ctx context.Context, client *http.Client) (gateway.Key, error) {
				return control.Unmet(ctx, client, instance.ControlURL, wanted)
			}})
		}
		if g.watches(instance) && len(nonces) > 0 {
			all = append(all, asking{instance.ProxyURL, instance.Workers, func(ctx context.Context, client *http.Client) (gateway.Key, error) {
				key, err := g.shownBySentinel(ctx, client, instance, nonces)
				if errors.Is(err, errShut) {
					shut.Store(true)
					return gateway.Key{}, nil
				}
				return key, err
			}})
		}
	}
	return all
}

// askAll asks every instance that can be asked, side by side.
func (g *Gateway) askAll(ctx context.Context, all []asking) error {
	limited, cancel := context.WithTimeoutCause(ctx, g.cfg.SettleLimit, fmt.Errorf("gave up after %v", g.cfg.SettleLimit))
	defer cancel()
	var tasks sync.WaitGroup
	faults := make([]error, len(all))
	for i, one := range all {
		poll := control.Poll{Transport: g.cfg.Transport, Timeout: g.cfg.Timeout, Workers: one.workers, Polls: len(all)}
		tasks.Go(func() { faults[i] = one.answer(limited, poll) })
	}
	tasks.Wait()
	return only(errors.Join(faults...))
}

func (a asking) answer(ctx context.Context, poll control.Poll) error {
	began := time.Now()
	behind, err := poll.Until(ctx, a.question)
	if err == nil {
		return nil
	}
	c := admin.Call{Op: "settle", Key: behind}
	reason := fmt.Sprintf("instance %s: %v, since %s (%v)", a.address, err, began.UTC().Format(time.RFC3339), context.Cause(ctx))
	return c.Fail(gateway.Unreachable, 0, reason, ctx.Err()).Error
}

// only takes a single error out of what joins it.
func only(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) == 1 {
		return joined.Unwrap()[0]
	}
	return err
}
