package daemon

import (
	crand "crypto/rand"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/settings"
)

// Groups are the gateway groups of the daemon's file, with the embedded gateways that it runs itself.
type Groups struct {
	clients  map[string]*apisix.Gateway
	embedded map[string]*embedded.Gateway
	settings settings.Settings
}

// OpenGroups makes a client for each gateway group, and starts the embedded ones. A nil lag starts none: then the embedded
// gateways of a daemon that runs elsewhere are reached at their Admin API.
func OpenGroups(s settings.Settings, lag *time.Duration, log *zap.Logger) (*Groups, error) {
	g := &Groups{clients: map[string]*apisix.Gateway{}, embedded: map[string]*embedded.Gateway{}, settings: s}
	for _, name := range slices.Sorted(maps.Keys(s.GatewayGroups)) {
		if err := g.open(name, s.GatewayGroups[name], lag, log); err != nil {
			return nil, errors.Join(fmt.Errorf("gateway group %q: %w", name, err), g.Close())
		}
	}
	return g, nil
}

func (g *Groups) open(name string, group settings.GatewayGroup, lag *time.Duration, log *zap.Logger) error {
	config := apisix.Config{
		Name: name, AdminURL: group.AdminURL, AdminKey: group.AdminKey, Parallel: group.Parallel, Timeout: group.Timeout,
		SettleTime: group.Settle, TLS: admin.TLS(group.TLS), Log: log.Named("gateway"),
	}
	for _, instance := range group.Instances {
		config.Instances = append(config.Instances, apisix.Instance{StatusURL: instance.StatusURL, ControlURL: instance.ControlURL})
	}
	if group.Type == settings.Embedded && lag == nil {
		if group.Listen.Admin == "" || group.AdminKeyFile+group.AdminKeyEnv == "" {
			return errors.New("it runs inside the daemon and can't be reached from here\n\thint: give it listen.admin and adminKeyFile")
		}
		config.AdminURL = "http://" + group.Listen.Admin
	} else if group.Type == settings.Embedded {
		if err := g.start(name, group, *lag, log, &config); err != nil {
			return err
		}
	}
	client, err := apisix.New(config)
	g.clients[name] = client
	return err
}

// start runs an embedded gateway; from then on it is a gateway like any other, reached through its Admin API.
func (g *Groups) start(name string, group settings.GatewayGroup, lag time.Duration, log *zap.Logger, config *apisix.Config) error {
	key, err := group.AdminKey()
	if err != nil {
		return err
	}
	if key.Reveal() == "" {
		// Nobody else needs to log in to it.
		key = gateway.NewSecret("", crand.Text())
		config.AdminKey = func() (gateway.Secret, error) { return key, nil }
	}
	gw, err := embedded.Start(embedded.Config{
		AdminKey: key.Reveal(), AdminAddr: group.Listen.Admin, ProxyAddr: group.Listen.Proxy, TLSAddr: group.Listen.TLS,
		ControlAddr: group.Listen.Control, Version: group.Version, Workers: group.Workers, StateFile: group.StateFile,
		Lag: randomLag(lag), Log: log.Named("embedded").With(zap.String("group", name)),
	})
	if err != nil {
		return err
	}
	g.embedded[name] = gw
	config.AdminURL = gw.AdminURL()
	if control := gw.ControlURL(); control != "" && len(config.Instances) == 0 {
		config.Instances = []apisix.Instance{{ControlURL: control}}
	}
	return nil
}

func randomLag(most time.Duration) func(int, gateway.Kind) time.Duration {
	if most <= 0 {
		return nil
	}
	return func(int, gateway.Kind) time.Duration { return rand.N(most) }
}

// List returns the groups as the reconciler takes them.
func (g *Groups) List() []reconciler.Group {
	var list []reconciler.Group
	for name, client := range g.clients {
		group := g.settings.GatewayGroups[name]
		list = append(list, reconciler.Group{
			Name: name, Environment: group.Environment, Gateway: client, Parallel: group.Parallel, Drain: group.Drain,
		})
	}
	return list
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
