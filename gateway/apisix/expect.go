package apisix

import (
	"cmp"
	"context"
	"slices"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/control"
)

const (
	// recent is how many of the last changes of a kind may hold the newest: as many as run side by side, and more.
	recent = 64
	// newest is how many writes of a kind are asked for. A worker takes the changes of one kind in order, so that the last
	// ones stand for all; and to answer, it copies every route that it has.
	newest = 3
	// newestGone is how many deletes of a kind are asked for. They have no index that would tell the newest, but their order does.
	newestGone = 16
)

// expect reads from the Admin API what the instances should have.
func (g *Gateway) expect(ctx context.Context, changed map[gateway.Kind][]gateway.Key) ([]control.Expectation, error) {
	var last []gateway.Key
	for _, kind := range gateway.Kinds() {
		keys := changed[kind]
		last = append(last, keys[max(0, len(keys)-max(recent, g.cfg.Parallel)):]...)
	}
	indexes := map[gateway.Key]int64{}
	err := g.look(ctx, last, func(key gateway.Key, e entry) error {
		indexes[key] = e.ModifiedIndex
		return nil
	})
	if err != nil {
		return nil, err
	}
	written, deleted := map[gateway.Kind][]control.Expectation{}, map[gateway.Kind][]control.Expectation{}
	for _, key := range last {
		if index, there := indexes[key]; there {
			written[key.Kind] = append(written[key.Kind], control.Expectation{Key: key, Index: index})
		} else {
			deleted[key.Kind] = append(deleted[key.Kind], control.Expectation{Key: key, Gone: true})
		}
	}
	return newestOf(written, deleted), nil
}

// newestOf picks what stands for all, in dependency order.
func newestOf(written, deleted map[gateway.Kind][]control.Expectation) []control.Expectation {
	var wanted []control.Expectation
	for _, kind := range gateway.Kinds() {
		there, gone := written[kind], deleted[kind]
		slices.SortFunc(there, func(a, b control.Expectation) int { return cmp.Compare(b.Index, a.Index) })
		wanted = append(wanted, there[:min(newest, len(there))]...)
		wanted = append(wanted, gone[max(0, len(gone)-newestGone):]...)
	}
	return wanted
}
