package daemon

import (
	"cmp"
	"context"
	crand "crypto/rand"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/sluice-gitops/sluice/canary"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/admin"
	"github.com/sluice-gitops/sluice/gateway/api7"
	"github.com/sluice-gitops/sluice/gateway/apisix"
	"github.com/sluice-gitops/sluice/gateway/embedded"
	"github.com/sluice-gitops/sluice/gateway/standalone"
	"github.com/sluice-gitops/sluice/reconciler"
	"github.com/sluice-gitops/sluice/settings"
)

func apisixConfig(name string, group settings.GatewayGroup, log *zap.Logger) apisix.Config {
	config := apisix.Config{
		Name: name, AdminURL: group.AdminURL, AdminKey: group.AdminKey, Parallel: group.Parallel, Timeout: group.Timeout,
		SettleTime: group.Settle, Sentinel: apisix.Sentinel{Path: group.Sentinel.Path, Host: group.Sentinel.Host}, TLS: admin.TLS(group.TLS), Log: log.Named("gateway"),
	}
	for _, i := range group.Instances {
		config.Instances = append(config.Instances, apisix.Instance{
			StatusURL: i.StatusURL, ControlURL: i.ControlURL, ProxyURL: i.ProxyURL, Workers: i.Workers,
		})
	}
	return config
}

func (g *Groups) apisix(opened *reconciler.Group, group settings.GatewayGroup, config apisix.Config) (err error) {
	config.Around, config.Tables = g.around(opened.Name), g.tables
	if config.Transport, err = g.transport(opened.Name, group); err != nil {
		return err
	}
	client, err := apisix.New(config)
	opened.Gateway = client
	return err
}

// transport returns what all requests to a group go through where they are fenced, and else nil: the client makes its own.
func (g *Groups) transport(name string, group settings.GatewayGroup) (http.RoundTripper, error) {
	if g.fence == nil {
		return nil, nil
	}
	transport, err := admin.NewTransport(admin.TLS(group.TLS), group.Parallel)
	if err != nil {
		return nil, err
	}
	g.fence(name, transport)
	return transport, nil
}

// watchEvery is how often the instances of a standalone group are asked whether they still have their configuration: one that
// restarted answers 404 to everything until it has been given it again.
const watchEvery = 2 * time.Second

func (g *Groups) standalone(opened *reconciler.Group, group settings.GatewayGroup, onlyRead bool) error {
	config := standalone.Config{
		Name: opened.Name, AdminKey: group.AdminKey, Spacing: group.Spacing, SettleTime: group.Settle, DocumentLimit: group.DocumentLimit,
		NoRefill: onlyRead, Timeout: group.Timeout, TLS: admin.TLS(group.TLS), Log: g.log.Named("gateway"),
	}
	for _, i := range group.Instances {
		config.Instances = append(config.Instances, standalone.Instance{
			AdminURL: i.AdminURL, StatusURL: i.StatusURL, ControlURL: i.ControlURL, ProxyURL: i.ProxyURL, Workers: i.Workers,
		})
	}
	var err error
	if config.Transport, err = g.transport(opened.Name, group); err != nil {
		return err
	}
	client, err := standalone.New(config)
	if err != nil {
		return err
	}
	opened.Gateway = client
	g.configured[opened.Name] = client.Configured
	g.watchers[opened.Name] = func(ctx context.Context) { client.Watch(ctx, watchEvery) }
	return nil
}

// versionDigits is how much of a commit's hash names a published version.
const versionDigits = 12

func (g *Groups) api7(opened *reconciler.Group, group settings.GatewayGroup) error {
	config := api7.Config{
		Name: opened.Name, URL: group.AdminURL, Token: group.AdminKey, Group: group.GatewayGroup, Parallel: group.Parallel,
		Timeout: group.Timeout, SettleTime: group.Settle, Publish: group.Publish, TLS: admin.TLS(group.TLS), Log: g.log.Named("gateway"),
	}
	if group.Publish {
		config.PublishVersion = func(commit string) string { return commit[:min(versionDigits, len(commit))] }
	}
	var err error
	if config.Transport, err = g.transport(opened.Name, group); err != nil {
		return err
	}
	client, err := api7.New(config)
	if err != nil {
		return err
	}
	opened.Gateway, opened.Upstreams = client, canary.InServices
	opened.At = func(commit string) reconciler.Gateway { return client.At(commit) }
	return nil
}

// embed runs an embedded gateway, or reaches one that a daemon runs elsewhere when lag is nil. From then on it is a gateway like
// any other.
func (g *Groups) embed(opened *reconciler.Group, group settings.GatewayGroup, lag *time.Duration) error {
	config := apisixConfig(opened.Name, group, g.log)
	if lag != nil {
		if err := g.start(group, *lag, &config); err != nil {
			return err
		}
		return g.apisix(opened, group, config)
	}
	if group.Listen.Admin == "" || group.AdminKeyFile+group.AdminKeyEnv == "" {
		return errors.New("it runs inside the daemon and can't be reached from here\n\thint: give it listen.admin and adminKeyFile")
	}
	config.AdminURL = "http://" + group.Listen.Admin
	return g.apisix(opened, group, config)
}

// embeddedWorkers is how many workers an embedded gateway has where its group does not say.
const embeddedWorkers = 2

func (g *Groups) start(group settings.GatewayGroup, lag time.Duration, config *apisix.Config) error {
	key, err := group.AdminKey()
	if err != nil {
		return err
	}
	if key.Reveal() == "" {
		// Nobody else needs to log in to it.
		key = gateway.NewSecret("", crand.Text())
		config.AdminKey = func() (gateway.Secret, error) { return key, nil }
	}
	workers := cmp.Or(group.Workers, embeddedWorkers)
	gw, err := embedded.Start(embedded.Config{
		AdminKey: key.Reveal(), AdminAddr: group.Listen.Admin, ProxyAddr: group.Listen.Proxy, TLSAddr: group.Listen.TLS,
		ControlAddr: group.Listen.Control, Version: group.Version, Workers: workers, StateFile: group.StateFile,
		Lag: randomLag(lag), Log: g.log.Named("embedded").With(zap.String("group", config.Name)),
	})
	if err != nil {
		return err
	}
	g.embedded[config.Name] = gw
	config.AdminURL = gw.AdminURL()
	if control := gw.ControlURL(); control != "" && len(config.Instances) == 0 {
		config.Instances = []apisix.Instance{{ControlURL: control, Workers: workers}}
	}
	return nil
}

func randomLag(most time.Duration) func(int, gateway.Kind) time.Duration {
	if most <= 0 {
		return nil
	}
	return func(int, gateway.Kind) time.Duration { return rand.N(most) }
}
