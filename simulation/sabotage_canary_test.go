package simulation

import (
	"context"
	"sync"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/verify"
)

// hasty finds that every step of a canary holds, without a look.
type hasty struct{ reconciler.Verifier }

// Verify looks only where a wave has the commit.
func (h hasty) Verify(ctx context.Context, wave verify.Wave, tell func(string)) verify.Report {
	if at := (&waveAt{Wave: wave}); at.isStep() {
		return verify.Report{}
	}
	return h.Verifier.Verify(ctx, wave, tell)
}

// falling takes back some of every share before it gives it.
func falling(gw reconciler.Gateway) reconciler.Gateway {
	return mutant{Gateway: gw, put: func(ctx context.Context, r gateway.Resource) error {
		for id, share := range shares(r.Spec) {
			if share > 30 {
				if err := gw.Put(ctx, splitAt(r, id, share)); err != nil {
					return err
				}
				if err := gw.Put(ctx, splitAt(r, id, share-20)); err != nil {
					return err
				}
			}
		}
		return gw.Put(ctx, r)
	}}
}

// splitAt gives a copy another share.
func splitAt(r gateway.Resource, id string, share int) gateway.Resource {
	return with(r, "plugins", map[string]any{"traffic-split": map[string]any{"rules": []any{map[string]any{"weighted_upstreams": []any{
		map[string]any{"upstream_id": id, "weight": int64(share)}, map[string]any{"weight": int64(100 - share)},
	}}}}})
}

// clinging never takes a split away.
func clinging(gw reconciler.Gateway) reconciler.Gateway {
	var mu sync.Mutex
	last := map[gateway.Key]any{}
	return mutant{Gateway: gw, put: func(ctx context.Context, r gateway.Resource) error {
		mu.Lock()
		had, was := last[r.Key]
		if len(shares(r.Spec)) > 0 {
			last[r.Key] = r.Spec["plugins"]
		} else if was {
			r = with(r, "plugins", had)
		}
		mu.Unlock()
		return gw.Put(ctx, r)
	}}
}
