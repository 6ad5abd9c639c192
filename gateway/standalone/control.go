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

// newest is how many changes of a kind are asked for. A worker takes a section as a whole, so that few stand for all.
const newest = 3

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
	return g.each(asked, func(i *instance) error {
		poll := control.Poll{Transport: g.cfg.Transport, Timeout: g.cfg.Timeout, Workers: i.Workers, Polls: len(asked)}
		_, err := poll.Until(ctx, func(ctx context.Context, client *http.Client) (gateway.Key, error) {
			return control.Unmet(ctx, client, i.ControlURL, wanted)
		})
		if err == nil {
			return nil
		}
		c := admin.Call{Op: "settle on instance " + i.name}
		return c.Fail(gateway.Unreachable, 0, fmt.Sprintf("%v (%v)", err, context.Cause(ctx)), ctx.Err()).Error
	})
}
