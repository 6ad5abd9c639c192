package api7

import (
	"context"
	"math"

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/gateway"
)

// look reads keys for a comparison, each kind in the way that takes fewer requests: one by one, or by its lists.
func (g *Gateway) look(ctx context.Context, keys []gateway.Key) (gateway.State, error) {
	known, byKind := g.marks.count(), map[gateway.Kind][]gateway.Key{}
	var single []gateway.Key
	for _, key := range keys {
		if key.Kind == gateway.Routes && isBridge(key.ID) {
			single = append(single, key)
			continue
		}
		byKind[key.Kind] = append(byKind[key.Kind], key)
	}
	for kind, wanted := range byKind {
		if len(wanted) <= listCost(kind, known) {
			single = append(single, wanted...)
			delete(byKind, kind)
		}
	}
	found, err := g.read(ctx, single)
	for kind, wanted := range byKind {
		if err == nil {
			err = g.lookWhole(ctx, kind, wanted, found)
		}
	}
	return found, err
}

// listCost is about how many requests it takes to list a kind, by what is known to be there.
func listCost(kind gateway.Kind, known map[gateway.Kind]int) int {
	pages := func(kind gateway.Kind) int { return 1 + known[kind]/pageSize }
	switch kind {
	case gateway.Services, gateway.Consumers, gateway.SSLs, gateway.GlobalRules, gateway.Protos, gateway.Secrets:
		return pages(kind)
	case gateway.Routes, gateway.StreamRoutes: // a list for each service
		return pages(gateway.Services) + known[gateway.Services]
	}
	return math.MaxInt
}

// lookWhole adds what there is of these keys, which are of one kind.
func (g *Gateway) lookWhole(ctx context.Context, kind gateway.Kind, wanted []gateway.Key, found gateway.State) error {
	live := collected{state: gateway.State{}, bridges: map[string]map[string]any{}}
	var err error
	switch kind {
	case gateway.Services:
		err = g.lookServices(ctx, wanted, &live)
	case gateway.Routes, gateway.StreamRoutes:
		err = g.lookRoutes(ctx, &live)
	case gateway.Protos, gateway.Secrets:
		err = g.newerKindInto(ctx, kind, &live)
	default:
		err = g.listInto(ctx, kind, g.admin(directories[kind]), "", &live)
	}
	if err != nil {
		return err
	}
	for _, key := range wanted {
		if r, there := live.state[key]; there {
			found[key] = r
		}
	}
	return nil
}

// lookServices lists the services. It asks for extra upstreams only where some were seen before: where there were none a write
// touches none.
func (g *Gateway) lookServices(ctx context.Context, wanted []gateway.Key, live *collected) error {
	if err := g.servicesInto(ctx, live); err != nil {
		return err
	}
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(g.cfg.Parallel)
	for _, key := range wanted {
		live.mu.Lock()
		service, there := live.state[key]
		live.mu.Unlock()
		if there && g.leftover.known(key.ID) {
			tasks.Go(func() error { return g.withUpstreams(ctx, service, live) })
		}
	}
	return tasks.Wait()
}

// lookRoutes lists the routes of every service.
func (g *Gateway) lookRoutes(ctx context.Context, live *collected) error {
	services := collected{state: gateway.State{}, bridges: map[string]map[string]any{}}
	if err := g.servicesInto(ctx, &services); err != nil {
		return err
	}
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(g.cfg.Parallel)
	for _, service := range services.state {
		tasks.Go(func() error { return g.routesInto(ctx, service, live) })
	}
	return tasks.Wait()
}
