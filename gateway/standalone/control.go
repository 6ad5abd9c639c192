package standalone

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/gateway/control"
)

const (
	// rounds is how many connections in a row must find everything taken: one worker, chosen by chance, answers each.
	rounds = 5
	// newest is how many changes of a kind are asked for. A worker takes a section as a whole, so that few stand for all.
	newest = 3
)

// visibleOf returns the changed keys that a control API shows, and whether those are all.
func visibleOf(changed []gateway.Key) (visible []gateway.Key, all bool) {
	for _, key := range changed {
		if control.Shows(key.Kind) {
			visible = append(visible, key)
		}
	}
	return visible, len(visible) == len(changed)
}

// expect returns the newest changes of each kind.
func (g *Gateway) expect(visible []gateway.Key) []control.Expectation {
	byKind := map[gateway.Kind][]control.Expectation{}
	there := map[gateway.Key]item{}
	if g.truth != nil {
		for _, items := range g.truth.only(visible).sections {
			for _, one := range items {
				there[one.key] = one
			}
		}
	}
	for _, key := range visible {
		one, found := there[key]
		byKind[key.Kind] = append(byKind[key.Kind], control.Expectation{Key: key, Index: one.index, Gone: !found})
	}
	var wanted []control.Expectation
	for _, kind := range gateway.Kinds() {
		list := byKind[kind]
		slices.SortFunc(list, func(a, b control.Expectation) int { return cmp.Compare(b.Index, a.Index) })
		wanted = append(wanted, list[:min(newest, len(list))]...)
		wanted = append(wanted, list[max(min(newest, len(list)), len(list)-newest):]...) // those that are gone come last
	}
	return wanted
}

// shown waits until every instance with a control API shows what is expected.
func (g *Gateway) shown(ctx context.Context, visible []gateway.Key) error {
	wanted := g.expect(visible)
	if len(wanted) == 0 {
		return nil
	}
	asked := slices.DeleteFunc(slices.Clone(g.instances), func(i *instance) bool { return i.ControlURL == "" })
	return g.each(asked, func(i *instance) error { return g.show(ctx, i, wanted) })
}

// show goes on until so many rounds in a row found everything taken, or ctx ends.
func (g *Gateway) show(ctx context.Context, i *instance, wanted []control.Expectation) error {
	for good := 0; good < rounds; good++ {
		err := g.round(ctx, i, wanted)
		if err == nil {
			continue
		}
		good = -1
		if admin.Sleep(ctx, settlePause) != nil {
			c := admin.Call{Op: "settle on instance " + i.name}
			return c.Fail(gateway.Unreachable, 0, fmt.Sprintf("%v (%v)", err, context.Cause(ctx)), ctx.Err()).Error
		}
	}
	return nil
}

// round asks one worker for everything, over one new connection.
func (g *Gateway) round(ctx context.Context, i *instance, wanted []control.Expectation) error {
	client := &http.Client{Transport: g.cfg.Transport, CheckRedirect: admin.StayHere, Timeout: g.cfg.Timeout}
	if own, ok := g.cfg.Transport.(*http.Transport); ok {
		fresh := own.Clone()
		defer fresh.CloseIdleConnections()
		client.Transport = fresh
	}
	_, err := control.Unmet(ctx, client, i.ControlURL, wanted)
	return err
}
