package apisix

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
)

// sentinel is what the client knows of its sentinel. The zero value knows nothing.
type sentinel struct {
	mu     sync.Mutex
	nonces map[gateway.Kind]string // what was written last; of every kind, or nil
	left   bool                    // there is one that is not allowed
}

// renew writes a new mark for each of these kinds and returns what is wanted now. The first time it writes the whole sentinel.
func (g *Gateway) renew(ctx context.Context, kinds map[gateway.Kind]bool) (map[gateway.Kind]string, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	g.sentinel.mu.Lock()
	defer g.sentinel.mu.Unlock()
	nonces := g.sentinel.nonces
	if nonces == nil {
		if err := g.nobodyElses(ctx); err != nil {
			return nil, err
		}
	}
	g.sentinel.nonces = nil // until all is written
	now := map[gateway.Kind]string{}
	for _, kind := range sentinelKinds {
		now[kind] = nonces[kind]
		if !kinds[kind] && nonces != nil {
			continue
		}
		now[kind] = strings.ToLower(rand.Text())
		if err := g.Put(ctx, g.cfg.Sentinel.resource(kind, now[kind])); err != nil {
			return nil, err
		}
	}
	g.sentinel.nonces = now
	wanted := map[gateway.Kind]string{}
	for kind := range kinds {
		wanted[kind] = now[kind]
	}
	return wanted, nil
}

// nobodyElses makes sure that the sentinel replaces nothing but itself.
func (g *Gateway) nobodyElses(ctx context.Context) error {
	for _, kind := range sentinelKinds {
		found, own, err := g.sentinelThere(ctx, sentinelKey(kind))
		if err != nil {
			return err
		}
		if found && !own {
			c := admin.Call{Op: "settle", Key: sentinelKey(kind)}
			return c.Fail(gateway.Refused, 0, "there is a resource of this id that is no sentinel", nil).Error
		}
	}
	return nil
}

// sentinelThere reports whether there is a resource that has a sentinel's key, and whether it is one.
func (g *Gateway) sentinelThere(ctx context.Context, key gateway.Key) (found, own bool, err error) {
	c := admin.Call{Op: "settle", Key: key}
	err = g.client.Retry(ctx, c, func() *admin.Failure {
		r, there, f := g.one(ctx, key)
		found, own = there, there && isSentinel(r.Resource)
		return f
	})
	return found, own, err
}

// retire takes away a sentinel that is no longer allowed, and nothing else that happens to have its id. That it can't is no reason
// to stop: it does no harm.
func (g *Gateway) retire(ctx context.Context) {
	g.sentinel.mu.Lock()
	defer g.sentinel.mu.Unlock()
	if !g.sentinel.left || g.cfg.Sentinel.Path != "" {
		return
	}
	for i := len(sentinelKinds) - 1; i >= 0; i-- {
		if err := g.retirePart(ctx, sentinelKey(sentinelKinds[i])); err != nil {
			g.client.Log().Warn("sentinel stays though it is not allowed", zap.Error(err))
			return
		}
	}
	g.sentinel.left = false
}

func (g *Gateway) retirePart(ctx context.Context, key gateway.Key) error {
	_, own, err := g.sentinelThere(ctx, key)
	if err != nil || !own {
		return err
	}
	return g.Delete(ctx, key)
}

// noteSentinel notes that a read came across a sentinel.
func (g *Gateway) noteSentinel() {
	g.sentinel.mu.Lock()
	defer g.sentinel.mu.Unlock()
	g.sentinel.left = true
}

// mistrustSentinel makes the next barrier write the whole sentinel again: somebody may have taken it away.
func (g *Gateway) mistrustSentinel() {
	g.sentinel.mu.Lock()
	defer g.sentinel.mu.Unlock()
	g.sentinel.nonces = nil
}
