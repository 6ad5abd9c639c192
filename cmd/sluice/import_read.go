package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/importer"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/settings"
)

// readGroups reads the gateway groups whole, side by side.
func (a *app) readGroups(ctx context.Context, i imports, names []string) ([]importer.Group, error) {
	s, err := a.load(i.config)
	if err != nil {
		return nil, err
	}
	if s, err = onlyGroups(s, names); err != nil {
		return nil, err
	}
	if err := commonWhole(s, i.common); err != nil {
		return nil, err
	}
	clients, err := daemon.OpenGroups(s, nil, zap.NewNop())
	if err != nil {
		return nil, err
	}
	defer clients.Close()
	list := clients.List()
	slices.SortFunc(list, func(a, b reconciler.Group) int { return strings.Compare(a.Name, b.Name) })
	read := make([]importer.Group, len(list))
	tasks, ctx := errgroup.WithContext(ctx)
	for n, group := range list {
		tasks.Go(func() (err error) {
			read[n], err = readGroup(ctx, group)
			return err
		})
	}
	return read, tasks.Wait()
}

// onlyGroups leaves the other groups out, so that they need not be there.
func onlyGroups(s settings.Settings, names []string) (settings.Settings, error) {
	all := s.GatewayGroups
	s.GatewayGroups = map[string]settings.GatewayGroup{}
	for _, name := range names {
		group, ok := all[name]
		if !ok {
			known := slices.Sorted(maps.Keys(all))
			return s, fmt.Errorf("no gateway group %q in the daemon's file; %s", name, diag.DidYouMean(name, known, "there are "+strings.Join(known, ", ")))
		}
		s.GatewayGroups[name] = group
	}
	return s, nil
}

// commonWhole refuses to let some groups of an environment inherit what others don't: layers belong to environments.
func commonWhole(s settings.Settings, common []string) error {
	for _, name := range common {
		for _, other := range slices.Sorted(maps.Keys(s.GatewayGroups)) {
			env := s.GatewayGroups[name].Environment
			if s.GatewayGroups[other].Environment == env && !slices.Contains(common, other) {
				return usageError{fmt.Errorf("%s and %s are both of environment %s: name both in --common, or none", name, other, env)}
			}
		}
	}
	return nil
}

func readGroup(ctx context.Context, group reconciler.Group) (importer.Group, error) {
	live, err := group.Gateway.Live(ctx)
	if err != nil {
		return importer.Group{}, fmt.Errorf("read gateway group %q: %w", group.Name, err)
	}
	defaults, err := group.Gateway.Defaults(ctx)
	if err != nil {
		return importer.Group{}, fmt.Errorf("read gateway group %q: %w", group.Name, err)
	}
	return importer.Group{Name: group.Name, Environment: group.Environment, Live: live, Defaults: defaults}, nil
}
