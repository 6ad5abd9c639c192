package api7

import (
	"context"
	"maps"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
)

// Moved returns which of keys are no longer as this client last read or wrote them, in order of Key.Compare. Resources are known by
// their content, since the API gives them no index: what the gateway hides is not looked at. A key that was missing and exists now
// counts. One of which nothing is known does not, nor does one whose last write failed, nor a bridge that was written. Errors are
// *gateway.Error.
func (g *Gateway) Moved(ctx context.Context, keys []gateway.Key) ([]gateway.Key, error) {
	known := g.marks.known(keys)
	if len(known) == 0 {
		return nil, nil
	}
	defaults, err := g.Defaults(ctx)
	if err != nil {
		return nil, err
	}
	live, err := g.look(ctx, slices.Collect(maps.Keys(known)))
	if err != nil {
		return nil, err
	}
	var moved []gateway.Key
	for key, mark := range known {
		r, there := live[key]
		if there != mark.there() || there && !g.stillIs(mark, r, defaults) {
			moved = append(moved, key)
		}
	}
	slices.SortFunc(moved, gateway.Key.Compare)
	return moved, nil
}

// stillIs reports whether a live resource is the one that is known. Of a service that was written, the upstreams don't count that wait
// for their last user.
func (g *Gateway) stillIs(known mark, live gateway.Resource, defaults gateway.Defaults) bool {
	if known.written == nil {
		return *printOf(live) == *known.print
	}
	if live.Key.Kind == gateway.Services {
		live.Spec = g.leftover.without(live)
	}
	key := live.Key
	aligned := gateway.Align(gateway.State{key: *known.written}, gateway.State{key: live}, defaults)
	return gateway.Equal(aligned[key].Spec, known.written.Spec)
}
