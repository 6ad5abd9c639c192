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
	"github.com/sluice-gitops/sluice/gateway/schema"
	"github.com/sluice-gitops/sluice/importer"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/settings"
)

// readGroups reads the gateway groups whole, side by side.
func (a *app) readGroups(ctx context.Context, i imports, names []string) (holdings, error) {
	s, err := a.load(i.config)
	if err != nil {
		return holdings{}, err
	}
	if s, err = onlyGroups(s, names); err != nil {
		return holdings{}, err
	}
	if err := commonWhole(s, i.common); err != nil {
		return holdings{}, err
	}
	clients, err := daemon.OpenGroups(s, nil, zap.NewNop())
	if err != nil {
		return holdings{}, err
	}
	defer clients.Close()
	list := clients.List()
	slices.SortFunc(list, func(a, b reconciler.Group) int { return strings.Compare(a.Name, b.Name) })
	groups, sets := make([]importer.Group, len(list)), make([]*schema.Set, len(list))
	tasks, ctx := errgroup.WithContext(ctx)
	for n, group := range list {
		tasks.Go(func() (err error) {
			groups[n], sets[n], err = readGroup(ctx, group)
			return err
		})
	}
	if err := tasks.Wait(); err != nil {
		return holdings{}, err
	}
	return holdings{groups: groups, title: importer.Title(groups), branch: s.Repository.Branch, schemas: setsOf(groups, sets)}, nil
}

// setsOf returns the schemas by group, without those of groups that told none.
func setsOf(groups []importer.Group, sets []*schema.Set) map[string]*schema.Set {
	told := map[string]*schema.Set{}
	for n, set := range sets {
		if set != nil {
			told[groups[n].Name] = set
		}
	}
	return told
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

// readGroup reads what a group holds and what it takes. The set is nil when the gateway does not tell.
func readGroup(ctx context.Context, group reconciler.Group) (read importer.Group, set *schema.Set, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read gateway group %q: %w", group.Name, err)
		}
	}()
	live, err := group.Gateway.Live(ctx)
	if err != nil {
		return read, nil, err
	}
	defaults, err := group.Gateway.Defaults(ctx)
	if err != nil {
		return read, nil, err
	}
	if gateway, ok := group.Gateway.(describes); ok {
		if set, err = gateway.Schema(ctx); err != nil {
			return read, nil, err
		}
	}
	return importer.Group{Name: group.Name, Environment: group.Environment, Live: live, Defaults: defaults}, set, nil
}
