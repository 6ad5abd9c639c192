package apisix

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/gateway/control"
)

const (
	settlePause = 50 * time.Millisecond
	// rounds is how many connections in a row must find everything taken where nobody knows how many workers there are: one
	// worker, chosen by chance, answers each.
	rounds = 5
)

// Settle is the barrier: it returns when every instance has taken what was changed, in the order in which the writes were
// answered. It is confirmed when every instance has shown every kind, by its control API or by the sentinel. For what can't be
// shown it also waits for the settle time, and is not confirmed. An instance that hasn't taken a change by the settle limit is an error.
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
	if err = g.askAll(ctx, wanted, nonces); err != nil {
		g.mistrustSentinel()
	}
	return p.whole && err == nil, err
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
	whole      bool                           // every kind can be shown for every instance
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
	// An instance that nobody can ask has shown nothing, even when nothing was changed.
	for _, instance := range g.cfg.Instances {
		p.whole = p.whole && (instance.ControlURL != "" || g.watches(instance))
	}
	return p
}

// askAll asks every instance that can be asked, side by side.
func (g *Gateway) askAll(ctx context.Context, wanted []control.Expectation, nonces map[gateway.Kind]string) error {
	limited, cancel := context.WithTimeoutCause(ctx, g.cfg.SettleLimit, fmt.Errorf("gave up after %v", g.cfg.SettleLimit))
	defer cancel()
	var tasks sync.WaitGroup
	faults := make([]error, 2*len(g.cfg.Instances))
	for i, instance := range g.cfg.Instances {
		if instance.ControlURL != "" && len(wanted) > 0 {
			tasks.Go(func() {
				faults[2*i] = g.ask(limited, instance, instance.ControlURL, func(ctx context.Context, client *http.Client) (gateway.Key, error) {
					return control.Unmet(ctx, client, instance.ControlURL, wanted)
				})
			})
		}
		if g.watches(instance) && len(nonces) > 0 {
			tasks.Go(func() {
				faults[2*i+1] = g.ask(limited, instance, instance.ProxyURL, func(ctx context.Context, client *http.Client) (gateway.Key, error) {
					return g.shownBySentinel(ctx, client, instance, nonces)
				})
			})
		}
	}
	tasks.Wait()
	return only(errors.Join(faults...))
}

// only takes a single error out of what joins it.
func only(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) == 1 {
		return joined.Unwrap()[0]
	}
	return err
}

// asked asks one worker over a connection of its own. It returns the first key that isn't as it should be, and how.
type asked func(ctx context.Context, client *http.Client) (gateway.Key, error)

// ask goes on until so many rounds in a row found everything taken, or ctx ends.
func (g *Gateway) ask(ctx context.Context, instance Instance, address string, worker asked) error {
	var last error
	began, behind := time.Now(), gateway.Key{}
	for good := 0; good < instance.rounds(); {
		key, err := g.anew(ctx, worker)
		if err == nil {
			good++
			continue
		}
		if ctx.Err() == nil || last == nil {
			good, last, behind = 0, err, key
		}
		if admin.Sleep(ctx, settlePause) != nil {
			c := admin.Call{Op: "settle", Key: behind}
			reason := fmt.Sprintf("instance %s: %v, since %s (%v)", address, last, began.UTC().Format(time.RFC3339), context.Cause(ctx))
			return c.Fail(gateway.Unreachable, 0, reason, ctx.Err()).Error
		}
	}
	return nil
}

// rounds is how many workers, chosen by chance, must be seen. Where their number w is known it is w·ln(100·w): one that lags is
// then missed in less than one barrier of a hundred.
func (i Instance) rounds() int {
	switch {
	case i.Workers <= 0:
		return rounds
	case i.Workers == 1:
		return 1
	}
	w := float64(i.Workers)
	return int(math.Ceil(w * math.Log(100*w)))
}

// anew runs one round over a new connection.
func (g *Gateway) anew(ctx context.Context, worker asked) (gateway.Key, error) {
	client := &http.Client{Transport: g.cfg.Transport, CheckRedirect: admin.StayHere}
	if own, ok := g.cfg.Transport.(*http.Transport); ok {
		fresh := own.Clone()
		defer fresh.CloseIdleConnections()
		client.Transport = fresh
	}
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
	defer cancel()
	return worker(ctx, client)
}
