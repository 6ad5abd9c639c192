package daemon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/settings"
)

// Groups are the gateway groups of the daemon's file, with the embedded gateways that it runs itself.
type Groups struct {
	list     []reconciler.Group
	embedded map[string]*embedded.Gateway
	watchers map[string]func(context.Context) // of groups whose instances must be looked after between passes
	made     map[string]made
	// configured asks an instance of a standalone group, by its adminURL, whether it has a configuration.
	configured map[string]func(ctx context.Context, adminURL string) error
	fence      func(group string, transport *http.Transport)                // lets requests out while this replica may send any; nil: always
	watched    func(group string, next http.RoundTripper) http.RoundTripper // sees the requests to a group; nil: nobody does
	tables     *apisix.Tables                                               // what gateways tell of themselves, once for all that tell the same
	log        *zap.Logger
}

// OpenGroups makes a client for each gateway group, and starts the embedded ones. A nil lag starts none: then the embedded
// gateways of a daemon that runs elsewhere are reached at their Admin API, and nothing is written that was not asked for.
func OpenGroups(s settings.Settings, lag *time.Duration, log *zap.Logger) (*Groups, error) {
	g := newGroups(log)
	return g, g.openAll(s, lag)
}

func (g *Groups) openAll(s settings.Settings, lag *time.Duration) error {
	for _, name := range slices.Sorted(maps.Keys(s.GatewayGroups)) {
		if err := g.open(name, s.GatewayGroups[name], lag); err != nil {
			return errors.Join(fmt.Errorf("gateway group %q: %w", name, err), g.Close())
		}
	}
	return nil
}

func newGroups(log *zap.Logger) *Groups {
	return &Groups{
		embedded: map[string]*embedded.Gateway{}, watchers: map[string]func(context.Context){}, made: map[string]made{}, tables: &apisix.Tables{}, log: log,
		configured: map[string]func(context.Context, string) error{},
	}
}

func (g *Groups) open(name string, group settings.GatewayGroup, lag *time.Duration) error {
	// What the files hold is looked at before they are used: what changes in between counts as changed.
	from, err := madeFrom(group)
	if err != nil {
		return err
	}
	opened := reconciler.Group{Name: name, Environment: group.Environment, Parallel: group.Parallel, Drain: group.Drain}
	switch group.Type {
	case settings.Standalone:
		err = g.standalone(&opened, group, lag == nil)
	case settings.API7:
		err = g.api7(&opened, group)
	case settings.Embedded:
		err = g.embed(&opened, group, lag)
	default:
		err = g.apisix(&opened, group, apisixConfig(name, group, g.log))
	}
	if err != nil {
		return err
	}
	g.list = append(g.list, opened)
	g.made[name] = from
	return nil
}

// List returns the groups as the reconciler takes them.
func (g *Groups) List() []reconciler.Group { return g.list }

// Watch looks after the instances that lose their configuration when they restart, until ctx ends.
func (g *Groups) Watch(ctx context.Context) {
	var running sync.WaitGroup
	for _, watch := range g.watchers {
		running.Go(func() { watch(ctx) })
	}
	running.Wait()
}

// Embedded returns the embedded gateway of a group, or nil.
func (g *Groups) Embedded(name string) *embedded.Gateway { return g.embedded[name] }

// Close stops the embedded gateways.
func (g *Groups) Close() error {
	var errs []error
	for _, gw := range g.embedded {
		errs = append(errs, gw.Close())
	}
	return errors.Join(errs...)
}
